import assert from 'node:assert/strict';
import { test } from 'node:test';

import { customFields, openToShoppers } from '../src/custom-fields';
import { resolveOptions } from '../src/options';
import { BackshopPlugin } from '../src/plugin';

const names = resolveOptions({}).fieldNames;

test('an order has five stages and a tracking number, a line its patch and print', () => {
    const { Order, OrderLine } = customFields(names);
    const stage = Order.find(field => field.name === 'deliveryStage') as {
        options: Array<{ value: string }>;
    };
    assert.deepEqual(
        stage.options.map(option => option.value),
        ['ORDER_CONFIRMED', 'SOURCING', 'ARRIVED', 'DISPATCHED', 'DELIVERED'],
    );
    assert.deepEqual(
        Order.map(field => field.name),
        ['deliveryStage', 'trackingNumber', 'placedPhone'],
    );
    assert.deepEqual(
        OrderLine.map(field => field.name),
        ['patchEnabled', 'patchType', 'printName', 'printNumber'],
    );
});

test('what an order holds is out of reach of the Shop API, what a shopper chooses is not', () => {
    const { Order, OrderLine } = customFields(names);
    assert.deepEqual(new Set(Order.map(field => field.public)), new Set([false]));
    assert.deepEqual(new Set(OrderLine.map(field => field.public)), new Set([true]));
});

test('fields can have names of one\'s own, and those that the shop has itself stay its own', () => {
    const own = resolveOptions({ fieldNames: { trackingNumber: 'parcel', printName: 'flock' } });
    const { Order, OrderLine } = customFields(own.fieldNames, {
        Order: [{ name: 'deliveryStage', type: 'string' }],
    });
    assert.deepEqual(Order.map(field => field.name), ['parcel', 'placedPhone']);
    assert.deepEqual(
        OrderLine.map(field => field.name),
        ['patchEnabled', 'patchType', 'flock', 'printNumber'],
    );
});

test('options have defaults', () => {
    assert.equal(BackshopPlugin.init({ retries: 3 }), BackshopPlugin);
    assert.deepEqual(BackshopPlugin.options, {
        webhooks: [],
        retries: 3,
        timeoutMs: 5000,
        customerFields: [],
        fieldNames: names,
    });
});

test('an option that is undefined is one that was not given', () => {
    const given = { retries: undefined, timeoutMs: undefined, webhooks: undefined };
    const options = resolveOptions({ ...given, fieldNames: { trackingNumber: undefined } });
    assert.deepEqual(options, resolveOptions({}));
});

test('what could only fail later is refused at the start', () => {
    const wrong: Array<[object, RegExp]> = [
        [{ retries: Number('many') }, /retries is a whole number/],
        [{ retries: -1 }, /retries is a whole number/],
        [{ timeoutMs: 0 }, /timeoutMs is a whole number/],
        [{ fieldNames: { trackingNumber: 'my field' } }, /"my field" cannot be the name/],
        [{ fieldNames: { deliveryStage: '' } }, /"" cannot be the name/],
        [{ fieldNames: { deliveryStage: 'parcel', trackingNumber: 'parcel' } }, /both be called "parcel"/],
        [{ fieldNames: { placedPhone: 'trackingNumber' } }, /both be called "trackingNumber"/],
        [{ customerFields: ['news letter'] }, /"news letter" cannot be the name/],
        [{ webhooks: [{ url: 'shop.example.com', secret: 'x' }] }, /needs an address and a secret/],
        [{ webhooks: [{ url: 'https://b.example.com', secret: '' }] }, /needs an address and a secret/],
    ];
    for (const [given, said] of wrong) {
        assert.throws(() => resolveOptions(given), said);
    }
});

test('fields of the shop\'s own that shoppers can set are found', () => {
    const own = resolveOptions({ fieldNames: { trackingNumber: 'awb', deliveryStage: 'step' } });
    const open = openToShoppers(own.fieldNames, [
        { name: 'awb', type: 'string' },
        { name: 'step', type: 'string', public: false },
        { name: 'placedPhone', type: 'string', requiresPermission: 'UpdateOrder' },
        { name: 'giftWrap', type: 'boolean' },
    ]);
    assert.deepEqual(open, ['awb']);
});
