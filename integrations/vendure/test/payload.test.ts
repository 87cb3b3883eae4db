import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { FragmentDefinitionNode, Kind, SelectionSetNode, parse } from 'graphql';

import { packageFile } from '../src/custom-fields';
import { resolveOptions } from '../src/options';
import { customerData, orderData, productData, promotionData } from '../src/payload';

type Shape = { [name: string]: Shape | null };

const fragments = new Map(
    parse(readFileSync(packageFile('events.graphql'), 'utf8')).definitions.map(definition => [
        (definition as FragmentDefinitionNode).name.value,
        definition as FragmentDefinitionNode,
    ]),
);

/** What a fragment selects: names, and below them what is selected of objects. */
function selected(set: SelectionSetNode): Shape {
    const shape: Shape = {};
    for (const node of set.selections) {
        if (node.kind === Kind.FRAGMENT_SPREAD) {
            Object.assign(shape, selected(fragments.get(node.name.value)!.selectionSet));
        } else if (node.kind === Kind.FIELD) {
            shape[node.name.value] = node.selectionSet ? selected(node.selectionSet) : null;
        }
    }
    return shape;
}

/** The same of a payload; every list in these has one item. */
function shapeOf(value: unknown): Shape | null {
    const one = Array.isArray(value) ? value[0] : value;
    if (one === null || typeof one !== 'object' || one instanceof Date) {
        return null;
    }
    return Object.fromEntries(Object.entries(one).map(([name, part]) => [name, shapeOf(part)]));
}

function wanted(name: string): Shape {
    return selected(fragments.get(name)!.selectionSet);
}

const names = resolveOptions({}).fieldNames;
const at = new Date('2026-11-20T03:19:20.123Z');
const address = {
    fullName: 'Jane Doe',
    streetLine1: '1 Main',
    city: 'Colombo',
    countryCode: 'LK',
    phoneNumber: '070 000 0001',
};
const customer = {
    id: 1,
    createdAt: at,
    updatedAt: at,
    firstName: 'Jane',
    lastName: 'Doe',
    emailAddress: 'jane@example.com',
    user: { id: 2, verified: true },
    groups: [{ id: 1, name: 'Club' }],
    addresses: [{ id: 1, ...address, country: { code: 'LK' } }],
};
const order = {
    id: 1,
    code: 'C0DE',
    customer,
    shippingAddress: address,
    billingAddress: address,
    couponCodes: [],
    discounts: [{ type: 'DISTRIBUTED_ORDER_PROMOTION', amount: -1000, amountWithTax: -1100 }],
    lines: [
        {
            id: 1,
            quantity: 2,
            unitPrice: 1999,
            productVariant: { id: 1, sku: 'KIT', name: 'Kit S', productId: 3, product: { name: 'Kit' } },
            customFields: { patchEnabled: true, printName: 'SILVA', internal: 'kept in the shop' },
        },
    ],
    shippingLines: [{ id: 1, price: 500, priceWithTax: 500, shippingMethod: { id: 1, code: 'std' } }],
    payments: [
        {
            id: 1,
            createdAt: at,
            amount: 3798,
            refunds: [{ id: 1, total: 750, lines: [{ orderLineId: 1, quantity: 1 }] }],
        },
    ],
    channels: [{ id: 1, code: '__default_channel__' }],
    fulfillments: [{ id: 1, state: 'Shipped', trackingCode: 'TX1' }],
    customFields: { deliveryStage: 'ARRIVED', somethingElse: 1 },
};

test('an order has what BackshopOrder selects, and nothing else', () => {
    const data = orderData(order as never, names);
    assert.deepEqual(shapeOf(data), wanted('BackshopOrder'));
    assert.deepEqual(data.customFields, {
        deliveryStage: 'ARRIVED',
        trackingNumber: null,
        placedPhone: null,
    });
    assert.ok(!JSON.stringify(data).includes('kept in the shop'));
});

test('an order without customer has null there, and one without address an address of nulls', () => {
    const data = orderData({ ...order, customer: undefined, shippingAddress: {} } as never, names);
    assert.equal(data.customer, null);
    const address = data.shippingAddress as Record<string, unknown>;
    assert.deepEqual(Object.keys(address), Object.keys(wanted('BackshopAddress')));
    assert.ok(Object.values(address).every(value => value === null));
});

test('fields with names of their own are told under the names that backshop knows', () => {
    const own = resolveOptions({ fieldNames: { trackingNumber: 'parcel' } }).fieldNames;
    const data = orderData({ ...order, customFields: { parcel: 'TX9' } } as never, own);
    assert.equal((data.customFields as { trackingNumber: string }).trackingNumber, 'TX9');
});

test('of a customer\'s own fields those are told that the shop lists', () => {
    const told = customerData(
        { ...customer, customFields: { newsletter: true, secret: 's' } } as never,
        ['newsletter', 'birthday'],
    );
    assert.deepEqual(told.customFields, { newsletter: true, birthday: null });
});

test('a customer has what BackshopCustomer selects', () => {
    assert.deepEqual(shapeOf(customerData(customer as never)), wanted('BackshopCustomer'));
    assert.equal(customerData({ ...customer, user: undefined } as never).user, null);
});

test('a product has what BackshopProduct selects', () => {
    const product = { id: 1, name: 'Kit', featuredAsset: { id: 1, preview: 'kit.jpg' } };
    const variant = {
        id: 1,
        sku: 'KIT',
        stockLevels: [{ stockOnHand: 3, stockAllocated: 1 }],
        options: [{ id: 1, code: 's', name: 'S' }],
    };
    const collection = { id: 2, name: 'Kits', slug: 'kits', parentId: 1 };
    const data = productData(product as never, [variant as never], [collection as never]);
    assert.deepEqual(shapeOf(data), wanted('BackshopProduct'));
});

test('a promotion has what BackshopPromotion selects', () => {
    const operation = { code: 'order_fixed_discount', args: [{ name: 'discount', value: '1000' }] };
    const promotion = { id: 1, name: 'Comeback', conditions: [operation], actions: [operation] };
    assert.deepEqual(shapeOf(promotionData(promotion as never)), wanted('BackshopPromotion'));
});
