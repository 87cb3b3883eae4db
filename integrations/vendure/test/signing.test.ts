import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { headers, sign } from '../src/signing';

test('the signature covers the time and the very bytes of the body', () => {
    const body = '{"name":"Zoë"}';
    const bytes = Buffer.concat([Buffer.from('1795144760.'), Buffer.from(body, 'utf8')]);
    const expected = createHmac('sha256', 's3cr3t').update(bytes).digest('hex');
    assert.equal(sign('s3cr3t', '1795144760', body), `sha256=${expected}`);
    assert.notEqual(sign('s3cr3t', '1795144761', body), `sha256=${expected}`);
    assert.notEqual(sign('other', '1795144760', body), `sha256=${expected}`);
    assert.notEqual(sign('s3cr3t', '1795144760', body + ' '), `sha256=${expected}`);
});

test('a later attempt has the same delivery and another time', () => {
    const delivery = { id: 'd1', event: 'order.updated', body: '{}' };
    const first = headers('s', delivery, 1_795_144_760_999);
    const second = headers('s', delivery, 1_795_144_768_000);
    assert.equal(first['X-Vendure-Timestamp'], '1795144760');
    assert.equal(second['X-Vendure-Timestamp'], '1795144768');
    assert.equal(first['X-Vendure-Delivery'], second['X-Vendure-Delivery']);
    assert.notEqual(first['X-Vendure-Signature'], second['X-Vendure-Signature']);
});
