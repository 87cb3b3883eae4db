import { readFileSync } from 'fs';
import { join } from 'path';

import { CustomFieldConfig, LanguageCode, Permission } from '@vendure/core';

import { FieldName, FieldNames } from './options';

interface Definition {
    name: FieldName;
    type: 'string' | 'boolean';
    nullable: boolean;
    /** False keeps a field out of the Shop API, where shoppers could set it; absent is true. */
    public?: boolean;
    readonly?: boolean;
    label: string;
    options?: string[];
}

/** The package's folder, from `src/`, `dist/` and the tests' output alike. */
export function packageFile(name: string): string {
    for (const up of ['..', '../..', '../../..']) {
        const path = join(__dirname, up, name);
        try {
            readFileSync(path);
            return path;
        } catch {
            continue;
        }
    }
    throw new Error(`${name} is missing from the package`);
}

type Fields<T> = { Order: T[]; OrderLine: T[] };

function definitions(): Fields<Definition> {
    return JSON.parse(readFileSync(packageFile('custom-fields.json'), 'utf8'));
}

/** The stages that an order can be at, in their sequence. */
export function stages(): string[] {
    return definitions().Order.find(field => field.name === 'deliveryStage')?.options ?? [];
}

/**
 * `custom-fields.json`, the one definition of the fields, as Vendure wants it. Fields that the shop
 * defines itself, under the same name, stay the shop's.
 */
export function customFields(
    names: FieldNames,
    existing: { Order?: CustomFieldConfig[]; OrderLine?: CustomFieldConfig[] } = {},
): Fields<CustomFieldConfig> {
    const { Order, OrderLine } = definitions();
    return {
        Order: added(Order, names, existing.Order),
        OrderLine: added(OrderLine, names, existing.OrderLine),
    };
}

/** Those of an order's fields that the shop defines itself and lets shoppers set: what they write there
 * would count as staff's. */
export function openToShoppers(names: FieldNames, existing: CustomFieldConfig[] = []): string[] {
    const ours = new Set(definitions().Order.map(definition => names[definition.name]));
    return existing
        .filter(field => ours.has(field.name))
        .filter(field => (field.public ?? true) && !field.requiresPermission)
        .map(field => field.name);
}

function added(
    fields: Definition[],
    names: FieldNames,
    existing: CustomFieldConfig[] = [],
): CustomFieldConfig[] {
    const taken = new Set(existing.map(field => field.name));
    return fields.map(field => toConfig(field, names)).filter(field => !taken.has(field.name));
}

/**
 * A field that is not public asks for a permission as well: where an order has no public field at all,
 * the Shop API takes any JSON for them and writes it (seen with 3.7.3).
 */
export function toConfig(field: Definition, names: FieldNames): CustomFieldConfig {
    const isPublic = field.public ?? true;
    return {
        name: names[field.name],
        type: field.type,
        nullable: field.nullable,
        public: isPublic,
        ...(isPublic ? {} : { requiresPermission: [Permission.ReadOrder, Permission.UpdateOrder] }),
        readonly: field.readonly ?? false,
        label: [{ languageCode: LanguageCode.en, value: field.label }],
        ...(field.options ? { options: field.options.map(value => ({ value })) } : {}),
    } as CustomFieldConfig;
}
