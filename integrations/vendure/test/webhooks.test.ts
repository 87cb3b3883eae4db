import assert from 'node:assert/strict';
import { test } from 'node:test';

import { check } from '../src/webhooks.service';

test('a subscription needs an address, known events and a secret', () => {
    check({ url: 'https://example.com/hook', events: ['order.placed'] }, 's');
    check({ url: 'http://127.0.0.1:8080/hook' }, 's');
    assert.throws(() => check({ url: 'ftp://example.com' }, 's'), /not an address/);
    assert.throws(() => check({ url: 'https://example.com', events: ['order.paid'] }, 's'), /order.paid/);
    assert.throws(() => check({ url: 'https://example.com' }, undefined), /secret/);
});
