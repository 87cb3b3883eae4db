import assert from 'node:assert/strict';
import { test } from 'node:test';

import { customFields } from '../src/custom-fields';
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
