import { Inject, Injectable } from '@nestjs/common';
import {
    CollectionService,
    CustomerService,
    OrderService,
    ProductService,
    ProductVariantService,
    PromotionService,
    RequestContext,
    TranslatorService,
} from '@vendure/core';

import { Kind } from './events';
import { BACKSHOP_OPTIONS, ResolvedOptions } from './options';
import { Json, customerData, orderData, productData, promotionData } from './payload';

/** Reads a record as it is now, in the form in which it is told. */
@Injectable()
export class Records {
    constructor(
        private orders: OrderService,
        private customers: CustomerService,
        private products: ProductService,
        private variants: ProductVariantService,
        private promotions: PromotionService,
        private collections: CollectionService,
        private translator: TranslatorService,
        @Inject(BACKSHOP_OPTIONS) private options: ResolvedOptions,
    ) {}

    /** Undefined where the record is gone. */
    async read(ctx: RequestContext, kind: Kind, id: string): Promise<Json | undefined> {
        switch (kind) {
            case 'order':
                return this.order(ctx, id);
            case 'customer':
                return this.customer(ctx, id);
            case 'product':
                return this.product(ctx, id);
            case 'promotion':
                return this.promotion(ctx, id);
        }
    }

    private async order(ctx: RequestContext, id: string): Promise<Json | undefined> {
        const order = await this.orders.findOne(ctx, id, [
            'channels',
            'customer',
            'customer.user',
            'lines',
            'lines.productVariant',
            'lines.productVariant.product',
            'lines.taxCategory',
            'shippingLines',
            'shippingLines.shippingMethod',
            'surcharges',
            'payments',
            'payments.refunds',
            'payments.refunds.lines',
            'fulfillments',
        ]);
        for (const line of order?.shippingLines ?? []) {
            line.shippingMethod = this.translator.translate(line.shippingMethod, ctx);
        }
        for (const { productVariant } of order?.lines ?? []) {
            productVariant.product = this.translator.translate(productVariant.product, ctx);
        }
        return order && orderData(order, this.options.fieldNames);
    }

    private async customer(ctx: RequestContext, id: string): Promise<Json | undefined> {
        const customer = await this.customers.findOne(ctx, id, [
            'user',
            'groups',
            'addresses',
            'addresses.country',
        ]);
        for (const address of customer?.addresses ?? []) {
            address.country = this.translator.translate(address.country, ctx);
        }
        return customer && customerData(customer, this.options.customerFields);
    }

    private async product(ctx: RequestContext, id: string): Promise<Json | undefined> {
        const product = await this.products.findOne(ctx, id, ['featuredAsset']);
        if (!product) {
            return undefined;
        }
        const variants = await this.variants.getVariantsByProductId(ctx, id, {}, [
            'options',
            'stockLevels',
            'taxCategory',
        ]);
        const collections = await this.collections.getCollectionsByProductId(ctx, id, false);
        return productData(product, variants.items, collections);
    }

    private async promotion(ctx: RequestContext, id: string): Promise<Json | undefined> {
        const promotion = await this.promotions.findOne(ctx, id);
        return promotion && promotionData(promotion);
    }
}
