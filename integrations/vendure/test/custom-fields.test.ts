import assert from 'node:assert/strict';
import { test } from 'node:test';

import { customFields } from '../src/custom-fields';
import { BackshopPlugin } from '../src/plugin';

test('an order has five stages and a tracking number, a line its patch and print', () => {
    const { Order, OrderLine } = customFields();
    const stage = Order.find(field => field.name === 'deliveryStage') as {
        options: Array<{ value: string }>;
    };
    assert.deepEqual(
        stage.options.map(option => option.value),
        ['ORDER_CONFIRMED', 'SOURCING', 'ARRIVED', 'DISPATCHED', 'DELIVERED'],
    );
    assert.deepEqual(Order.map(field => field.name), ['deliveryStage', 'trackingNumber']);
    assert.deepEqual(
        OrderLine.map(field => field.name),
        ['patchEnabled', 'patchType', 'printName', 'printNumber'],
    );
});

test('options have defaults', () => {
    assert.equal(BackshopPlugin.init({ retries: 3 }), BackshopPlugin);
    assert.deepEqual(BackshopPlugin.options, { webhooks: [], retries: 3, timeoutMs: 5000 });
});
