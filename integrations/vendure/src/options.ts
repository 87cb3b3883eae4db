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

export function resolveOptions(given: BackshopOptions): ResolvedOptions {
    return {
        webhooks: [],
        retries: 30,
        timeoutMs: 5000,
        customerFields: [],
        ...given,
        fieldNames: { ...NAMES, ...given.fieldNames },
    };
}
