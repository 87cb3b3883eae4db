import { readFileSync } from 'fs';
import { join } from 'path';

import { CustomFieldConfig, LanguageCode } from '@vendure/core';

interface Definition {
    name: string;
    type: 'string' | 'boolean';
    nullable: boolean;
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

/** `custom-fields.json`, the one definition of the fields, as Vendure wants it. */
export function customFields(): { Order: CustomFieldConfig[]; OrderLine: CustomFieldConfig[] } {
    const all = JSON.parse(readFileSync(packageFile('custom-fields.json'), 'utf8'));
    return { Order: all.Order.map(toConfig), OrderLine: all.OrderLine.map(toConfig) };
}

export function toConfig(field: Definition): CustomFieldConfig {
    return {
        name: field.name,
        type: field.type,
        nullable: field.nullable,
        label: [{ languageCode: LanguageCode.en, value: field.label }],
        ...(field.options ? { options: field.options.map(value => ({ value })) } : {}),
    } as CustomFieldConfig;
}
