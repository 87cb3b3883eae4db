import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EVENT_NAMES, deliveryBody, isEventName, kindOf, orderChange, wants } from '../src/events';

test('carts and drafts say nothing', () => {
    for (const state of ['Created', 'Draft', 'AddingItems', 'ArrangingPayment']) {
        assert.equal(orderChange({ id: 1, state }), undefined);
    }
    for (const state of ['PaymentSettled', 'Modifying', 'Cancelled', 'Delivered']) {
        assert.deepEqual(orderChange({ id: 1, state }), { event: 'order.updated', id: '1' });
    }
});

test('an empty list of events means all of them', () => {
    for (const name of EVENT_NAMES) {
        assert.ok(wants([], name));
        assert.ok(wants(undefined, name));
        assert.equal(wants(['order.placed'], name), name === 'order.placed');
        assert.ok(isEventName(name));
        assert.ok(['order', 'customer', 'product', 'promotion'].includes(kindOf(name)));
    }
    assert.equal(isEventName('order.paid'), false);
});

test('the body has the five keys', () => {
    const at = new Date('2026-11-20T03:19:20.123Z');
    const change = { event: 'order.deleted', id: '7' } as const;
    assert.deepEqual(JSON.parse(deliveryBody('d1', change, at, 'c', { id: '7' })), {
        deliveryId: 'd1',
        event: 'order.deleted',
        createdAt: '2026-11-20T03:19:20.123Z',
        channel: 'c',
        data: { id: '7' },
    });
});
