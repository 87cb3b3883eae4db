import { readFileSync } from 'fs';

import { PluginCommonModule, Type, VendurePlugin } from '@vendure/core';
import { parse } from 'graphql';

import { BackshopResolver } from './api';
import { customFields, packageFile } from './custom-fields';
import { Delivery } from './delivery';
import { DeliveryStatus } from './delivery-status';
import { Listener } from './listener';
import { BACKSHOP_OPTIONS, BackshopOptions, ResolvedOptions, resolveOptions } from './options';
import { PlacedPhone } from './placed-phone';
import { Records } from './records';
import { BackshopWebhook } from './webhook.entity';
import { WebhooksService } from './webhooks.service';

/** Custom fields for backshop, and signed events to it. */
@VendurePlugin({
    imports: [PluginCommonModule],
    compatibility: '^3.7.0',
    entities: [BackshopWebhook],
    providers: [
        Records,
        WebhooksService,
        Delivery,
        Listener,
        DeliveryStatus,
        PlacedPhone,
        { provide: BACKSHOP_OPTIONS, useFactory: () => BackshopPlugin.options },
    ],
    adminApiExtensions: {
        schema: () => parse(readFileSync(packageFile('schema.graphql'), 'utf8')),
        resolvers: [BackshopResolver],
    },
    configuration: config => {
        const fields = customFields(BackshopPlugin.options.fieldNames, config.customFields);
        config.customFields.Order = [...(config.customFields.Order ?? []), ...fields.Order];
        config.customFields.OrderLine = [
            ...(config.customFields.OrderLine ?? []),
            ...fields.OrderLine,
        ];
        return config;
    },
})
export class BackshopPlugin {
    static options: ResolvedOptions = resolveOptions({});

    static init(options: BackshopOptions): Type<BackshopPlugin> {
        this.options = resolveOptions(options);
        return BackshopPlugin;
    }
}
