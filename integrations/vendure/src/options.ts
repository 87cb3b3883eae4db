import { EventName } from './events';

/** A subscription that is set up with the server rather than through the API. */
export interface FixedWebhook {
    url: string;
    secret: string;
    /** None or an empty list: all events. */
    events?: EventName[];
    /** The code of the channel whose records it gets; the default channel's where none is named. */
    channel?: string;
}

/** The plugin's custom fields by the names that backshop knows them under. */
export type FieldName =
    | 'deliveryStage'
    | 'trackingNumber'
    | 'placedPhone'
    | 'patchEnabled'
    | 'patchType'
    | 'printName'
    | 'printNumber';

export type FieldNames = Record<FieldName, string>;

export interface BackshopOptions {
    webhooks?: FixedWebhook[];
    /** How often a delivery is tried again. */
    retries?: number;
    /** How long the receiver may take. */
    timeoutMs?: number;
    /** Names of one's own for the custom fields; backshop is told the same ones when it connects. */
    fieldNames?: Partial<FieldNames>;
    /** Custom fields of customers that are sent along, such as one that holds a consent. */
    customerFields?: string[];
}

export const BACKSHOP_OPTIONS = Symbol('BACKSHOP_OPTIONS');

export type ResolvedOptions = Required<Omit<BackshopOptions, 'fieldNames'>> & {
    fieldNames: FieldNames;
};

const NAMES: FieldNames = {
    deliveryStage: 'deliveryStage',
    trackingNumber: 'trackingNumber',
    placedPhone: 'placedPhone',
    patchEnabled: 'patchEnabled',
    patchType: 'patchType',
    printName: 'printName',
    printNumber: 'printNumber',
};

const FIELD = /^[_A-Za-z][_0-9A-Za-z]{0,59}$/;
const OF_ORDERS: FieldName[] = ['deliveryStage', 'trackingNumber', 'placedPhone'];
const OF_LINES: FieldName[] = ['patchEnabled', 'patchType', 'printName', 'printNumber'];

/** The options with the defaults of those that are missing or undefined. Throws on what would only fail
 * once an order is placed, so that a server with it does not start. */
export function resolveOptions(given: BackshopOptions): ResolvedOptions {
    const options: ResolvedOptions = {
        webhooks: given.webhooks ?? [],
        retries: given.retries ?? 30,
        timeoutMs: given.timeoutMs ?? 5000,
        customerFields: given.customerFields ?? [],
        fieldNames: { ...NAMES, ...said(given.fieldNames ?? {}) },
    };
    wholeNumber('retries', options.retries, 0);
    wholeNumber('timeoutMs', options.timeoutMs, 1);
    for (const names of [OF_ORDERS, OF_LINES]) {
        differentFields(names.map(name => options.fieldNames[name]));
    }
    for (const name of options.customerFields) {
        field(name);
    }
    for (const { url, secret } of options.webhooks) {
        if (!/^https?:\/\//.test(url ?? '') || !secret) {
            throw new Error(`BackshopPlugin: the webhook "${url}" needs an address and a secret`);
        }
    }
    return options;
}

function said<T extends object>(given: T): Partial<T> {
    const named = Object.entries(given).filter(([, value]) => value !== undefined);
    return Object.fromEntries(named) as Partial<T>;
}

function wholeNumber(name: string, value: number, least: number): void {
    if (!Number.isInteger(value) || value < least) {
        throw new Error(`BackshopPlugin: ${name} is a whole number from ${least} on, not ${value}`);
    }
}

function differentFields(names: string[]): void {
    names.forEach(field);
    const twice = names.find((name, place) => names.indexOf(name) !== place);
    if (twice !== undefined) {
        throw new Error(`BackshopPlugin: two fields cannot both be called "${twice}"`);
    }
}

function field(name: string): void {
    if (!FIELD.test(name)) {
        throw new Error(`BackshopPlugin: "${name}" cannot be the name of a custom field`);
    }
}
