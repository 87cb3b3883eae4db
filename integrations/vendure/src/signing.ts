import { createHmac } from 'crypto';

/** `sha256=` and the hex HMAC-SHA256 of `timestamp + "." + body`, the value of X-Vendure-Signature. */
export function sign(secret: string, timestamp: string, body: string): string {
    return 'sha256=' + createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

/** The headers of one attempt. The delivery id stays the same on every attempt, the time does not. */
export function headers(
    secret: string,
    delivery: { id: string; event: string; body: string },
    nowMs: number,
): Record<string, string> {
    const timestamp = Math.floor(nowMs / 1000).toString();
    return {
        'Content-Type': 'application/json',
        'X-Vendure-Event': delivery.event,
        'X-Vendure-Delivery': delivery.id,
        'X-Vendure-Timestamp': timestamp,
        'X-Vendure-Signature': sign(secret, timestamp, delivery.body),
    };
}
