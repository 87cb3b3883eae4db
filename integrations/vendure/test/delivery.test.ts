import assert from 'node:assert/strict';
import { IncomingMessage, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { attempt, deliveryBackoff } from '../src/delivery';
import { sign } from '../src/signing';

async function withReceiver(
    status: number | 'silent',
    use: (url: string, seen: Array<{ request: IncomingMessage; body: string }>) => Promise<void>,
): Promise<void> {
    const seen: Array<{ request: IncomingMessage; body: string }> = [];
    const server = createServer((request, response) => {
        let body = '';
        request.on('data', part => (body += part));
        request.on('end', () => {
            seen.push({ request, body });
            if (status !== 'silent') {
                response.writeHead(status).end();
            }
        });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
        await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, seen);
    } finally {
        server.closeAllConnections();
        server.close();
    }
}

const job = { id: 'd1', event: 'order.updated', body: '{"data":{"name":"Zoë"}}' };

test('a 2xx is an accepted delivery, and its signature holds', async () => {
    await withReceiver(202, async (url, seen) => {
        assert.equal(await attempt({ ...job, url }, 's3cr3t', 1000), null);
        const [{ request, body }] = seen;
        assert.equal(body, job.body);
        assert.equal(request.headers['x-vendure-delivery'], 'd1');
        assert.equal(request.headers['x-vendure-event'], 'order.updated');
        const stamp = String(request.headers['x-vendure-timestamp']);
        assert.equal(request.headers['x-vendure-signature'], sign('s3cr3t', stamp, job.body));
    });
});

for (const status of [301, 401, 500, 503]) {
    test(`${status} is a failed attempt`, async () => {
        await withReceiver(status, async url => {
            assert.match((await attempt({ ...job, url }, 's', 1000)) ?? '', new RegExp(`${status}`));
        });
    });
}

test('no answer in time is a failed attempt', async () => {
    await withReceiver('silent', async url => {
        assert.match((await attempt({ ...job, url }, 's', 50)) ?? '', /no answer/);
    });
});

test('the waits double, up to an hour', () => {
    assert.deepEqual([1, 2, 3, 12, 30].map(tries => deliveryBackoff('q', tries)), [
        2000, 4000, 8000, 3_600_000, 3_600_000,
    ]);
});
