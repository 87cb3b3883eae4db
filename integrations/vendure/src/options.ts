import { EventName } from './events';

/** A subscription that is set up with the server rather than through the API. */
export interface FixedWebhook {
    url: string;
    secret: string;
    /** None or an empty list: all events. */
    events?: EventName[];
}

export interface BackshopOptions {
    webhooks?: FixedWebhook[];
    /** How often a delivery is tried again. */
    retries?: number;
    /** How long the receiver may take. */
    timeoutMs?: number;
}

export const BACKSHOP_OPTIONS = Symbol('BACKSHOP_OPTIONS');

export type ResolvedOptions = Required<BackshopOptions>;

export function resolveOptions(given: BackshopOptions): ResolvedOptions {
    return { webhooks: [], retries: 30, timeoutMs: 5000, ...given };
}
