/** The code of the channel that every server has. */
export const DEFAULT_CHANNEL = '__default_channel__';

/** What backshop is told of; README.md says when each is sent. */
export const EVENT_NAMES = [
    'order.placed',
    'order.updated',
    'order.deleted',
    'customer.created',
    'customer.updated',
    'customer.deleted',
    'product.created',
    'product.updated',
    'product.deleted',
    'promotion.created',
    'promotion.updated',
    'promotion.deleted',
] as const;

export type EventName = (typeof EVENT_NAMES)[number];
export type Kind = 'order' | 'customer' | 'product' | 'promotion';

export function isEventName(name: string): name is EventName {
    return (EVENT_NAMES as readonly string[]).includes(name);
}

export function kindOf(name: EventName): Kind {
    return name.split('.')[0] as Kind;
}

/** A change that happened to a record, before anybody has been told. */
export interface Change {
    event: EventName;
    id: string;
    /** The one channel that it concerns, such as the one that a product was taken from. */
    channelId?: string | number;
}

const CARTS = new Set(['Created', 'Draft', 'AddingItems', 'ArrangingPayment']);

/** The event of an order's change: nothing for carts and drafts, which nobody has placed. */
export function orderChange(order: { id: string | number; state: string }): Change | undefined {
    return CARTS.has(order.state) ? undefined : { event: 'order.updated', id: String(order.id) };
}

/** Whether a subscription with this list of events gets this one. */
export function wants(events: readonly string[] | undefined, name: EventName): boolean {
    return !events || events.length === 0 || events.includes(name);
}

/** The body of a delivery; `data` is the record as `channel` has it, or its id alone where it is gone. */
export function deliveryBody(
    deliveryId: string,
    change: Change,
    createdAt: Date,
    channel: string,
    data: object,
): string {
    return JSON.stringify({
        deliveryId,
        event: change.event,
        createdAt: createdAt.toISOString(),
        channel,
        data,
    });
}
