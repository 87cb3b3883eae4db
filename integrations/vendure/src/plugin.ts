import { readFileSync } from 'fs';

import { OnApplicationBootstrap } from '@nestjs/common';
import { Logger, PluginCommonModule, Type, VendurePlugin } from '@vendure/core';
import { parse } from 'graphql';

import { BackshopResolver } from './api';
import { customFields, openToShoppers, packageFile } from './custom-fields';
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
        const { fieldNames } = BackshopPlugin.options;
        BackshopPlugin.open = openToShoppers(fieldNames, config.customFields.Order);
        const fields = customFields(BackshopPlugin.options.fieldNames, config.customFields);
        config.customFields.Order = [...(config.customFields.Order ?? []), ...fields.Order];
        config.customFields.OrderLine = [
            ...(config.customFields.OrderLine ?? []),
            ...fields.OrderLine,
        ];
        return config;
    },
})
export class BackshopPlugin implements OnApplicationBootstrap {
    static options: ResolvedOptions = resolveOptions({});
    /** The shop's own fields that shoppers can set. */
    static open: string[] = [];

    static init(options: BackshopOptions): Type<BackshopPlugin> {
        this.options = resolveOptions(options);
        return BackshopPlugin;
    }

    onApplicationBootstrap(): void {
        if (BackshopPlugin.open.length) {
            Logger.warn(
                `shoppers can set the order's ${BackshopPlugin.open.join(', ')} through the Shop API:` +
                    ' define them with public: false and requiresPermission, as staff\'s word counts there',
                'Backshop',
            );
        }
    }
}
