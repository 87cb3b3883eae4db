import type { Collection, Customer, Order, Product, ProductVariant, Promotion } from '@vendure/core';

import type { FieldName, FieldNames } from './options';

/*
 * What `data` of an event holds: the fields of `events.graphql`, named and valued as the Admin API
 * gives them. Entities go in with the relations loaded that `records.ts` asks for.
 */

export type Json = Record<string, unknown>;

const id = (value: unknown): string => String(value);
const orNull = <T>(value: T | null | undefined): T | null => value ?? null;

export function orderData(order: Order, names: FieldNames): Json {
    return {
        id: id(order.id),
        code: order.code,
        state: order.state,
        type: order.type,
        active: order.active,
        createdAt: order.createdAt,
        updatedAt: order.updatedAt,
        orderPlacedAt: orNull(order.orderPlacedAt),
        currencyCode: order.currencyCode,
        totalQuantity: order.totalQuantity,
        subTotal: order.subTotal,
        subTotalWithTax: order.subTotalWithTax,
        shipping: order.shipping,
        shippingWithTax: order.shippingWithTax,
        total: order.total,
        totalWithTax: order.totalWithTax,
        couponCodes: order.couponCodes,
        customer: order.customer ? buyer(order.customer) : null,
        shippingAddress: orderAddress(order.shippingAddress),
        billingAddress: orderAddress(order.billingAddress),
        discounts: order.discounts.map(discount => ({
            type: discount.type,
            description: discount.description,
            adjustmentSource: discount.adjustmentSource,
            amount: discount.amount,
            amountWithTax: discount.amountWithTax,
        })),
        lines: order.lines.map(each => line(each, names)),
        shippingLines: order.shippingLines.map(shippingLine => ({
            id: id(shippingLine.id),
            price: shippingLine.price,
            priceWithTax: shippingLine.priceWithTax,
            shippingMethod: shippingLine.shippingMethod && {
                id: id(shippingLine.shippingMethod.id),
                code: shippingLine.shippingMethod.code,
                name: shippingLine.shippingMethod.name,
            },
        })),
        payments: (order.payments ?? []).map(payment),
        fulfillments: (order.fulfillments ?? []).map(fulfillment => ({
            id: id(fulfillment.id),
            createdAt: fulfillment.createdAt,
            updatedAt: fulfillment.updatedAt,
            state: fulfillment.state,
            method: fulfillment.method,
            trackingCode: orNull(fulfillment.trackingCode),
        })),
        channels: order.channels.map(channel => ({ code: channel.code })),
        customFields: picked(order.customFields, names, [
            'deliveryStage',
            'trackingNumber',
            'placedPhone',
        ]),
    };
}

function buyer(customer: Customer): Json {
    return {
        id: id(customer.id),
        createdAt: customer.createdAt,
        updatedAt: customer.updatedAt,
        firstName: customer.firstName,
        lastName: customer.lastName,
        emailAddress: customer.emailAddress,
        phoneNumber: orNull(customer.phoneNumber),
        user: customer.user ? { id: id(customer.user.id), verified: customer.user.verified } : null,
    };
}

type OrderAddress = Order['shippingAddress'];

/** An order without an address has one of nulls, as in the API. */
function orderAddress(given: OrderAddress | undefined): Json {
    const address = given ?? {};
    return {
        fullName: orNull(address.fullName),
        company: orNull(address.company),
        streetLine1: orNull(address.streetLine1),
        streetLine2: orNull(address.streetLine2),
        city: orNull(address.city),
        province: orNull(address.province),
        postalCode: orNull(address.postalCode),
        country: orNull(address.country),
        countryCode: orNull(address.countryCode),
        phoneNumber: orNull(address.phoneNumber),
    };
}

function line(value: Order['lines'][number], names: FieldNames): Json {
    return {
        id: id(value.id),
        quantity: value.quantity,
        orderPlacedQuantity: value.orderPlacedQuantity,
        unitPrice: value.unitPrice,
        unitPriceWithTax: value.unitPriceWithTax,
        linePrice: value.linePrice,
        linePriceWithTax: value.linePriceWithTax,
        proratedUnitPrice: value.proratedUnitPrice,
        proratedUnitPriceWithTax: value.proratedUnitPriceWithTax,
        proratedLinePrice: value.proratedLinePrice,
        proratedLinePriceWithTax: value.proratedLinePriceWithTax,
        taxRate: value.taxRate,
        productVariant: {
            id: id(value.productVariant.id),
            sku: value.productVariant.sku,
            name: value.productVariant.name,
            product: {
                id: id(value.productVariant.productId),
                name: value.productVariant.product.name,
            },
        },
        customFields: picked(value.customFields, names, [
            'patchEnabled',
            'patchType',
            'printName',
            'printNumber',
        ]),
    };
}

function payment(value: Order['payments'][number]): Json {
    return {
        id: id(value.id),
        createdAt: value.createdAt,
        method: value.method,
        amount: value.amount,
        state: value.state,
        transactionId: orNull(value.transactionId),
        refunds: (value.refunds ?? []).map(refund => ({
            id: id(refund.id),
            createdAt: refund.createdAt,
            updatedAt: refund.updatedAt,
            total: refund.total,
            items: refund.items,
            shipping: refund.shipping,
            adjustment: refund.adjustment,
            state: refund.state,
            reason: orNull(refund.reason),
            transactionId: orNull(refund.transactionId),
            lines: (refund.lines ?? []).map(part => ({
                orderLineId: id(part.orderLineId),
                quantity: part.quantity,
            })),
        })),
    };
}

/** `fields` are the custom fields that are sent along. */
export function customerData(customer: Customer, fields: string[] = []): Json {
    const custom = (customer.customFields ?? {}) as Json;
    return {
        ...buyer(customer),
        ...(fields.length
            ? { customFields: Object.fromEntries(fields.map(name => [name, orNull(custom[name])])) }
            : {}),
        groups: (customer.groups ?? []).map(group => ({ id: id(group.id), name: group.name })),
        addresses: (customer.addresses ?? []).map(address => ({
            id: id(address.id),
            fullName: orNull(address.fullName),
            company: orNull(address.company),
            streetLine1: address.streetLine1,
            streetLine2: orNull(address.streetLine2),
            city: orNull(address.city),
            province: orNull(address.province),
            postalCode: orNull(address.postalCode),
            country: { code: address.country.code, name: address.country.name },
            phoneNumber: orNull(address.phoneNumber),
            defaultShippingAddress: address.defaultShippingAddress,
            defaultBillingAddress: address.defaultBillingAddress,
        })),
    };
}

export function productData(
    product: Product,
    variants: ProductVariant[],
    collections: Collection[],
): Json {
    return {
        id: id(product.id),
        createdAt: product.createdAt,
        updatedAt: product.updatedAt,
        enabled: product.enabled,
        name: product.name,
        slug: product.slug,
        description: product.description,
        featuredAsset: product.featuredAsset
            ? { id: id(product.featuredAsset.id), preview: product.featuredAsset.preview }
            : null,
        collections: collections.map(collection => ({
            id: id(collection.id),
            name: collection.name,
            slug: collection.slug,
            parentId: id(collection.parentId),
        })),
        variants: variants.map(variantData),
    };
}

function variantData(variant: ProductVariant): Json {
    return {
        id: id(variant.id),
        createdAt: variant.createdAt,
        updatedAt: variant.updatedAt,
        enabled: variant.enabled,
        sku: variant.sku,
        name: variant.name,
        price: variant.price,
        priceWithTax: variant.priceWithTax,
        currencyCode: variant.currencyCode,
        trackInventory: variant.trackInventory,
        stockLevels: (variant.stockLevels ?? []).map(level => ({
            stockOnHand: level.stockOnHand,
            stockAllocated: level.stockAllocated,
        })),
        options: (variant.options ?? []).map(option => ({
            id: id(option.id),
            code: option.code,
            name: option.name,
        })),
    };
}

export function promotionData(promotion: Promotion): Json {
    const operation = (one: { code: string; args: Array<{ name: string; value: string }> }): Json => ({
        code: one.code,
        args: one.args.map(({ name, value }) => ({ name, value })),
    });
    return {
        id: id(promotion.id),
        createdAt: promotion.createdAt,
        updatedAt: promotion.updatedAt,
        enabled: promotion.enabled,
        name: promotion.name,
        couponCode: orNull(promotion.couponCode),
        startsAt: orNull(promotion.startsAt),
        endsAt: orNull(promotion.endsAt),
        usageLimit: orNull(promotion.usageLimit),
        perCustomerUsageLimit: orNull(promotion.perCustomerUsageLimit),
        conditions: promotion.conditions.map(operation),
        actions: promotion.actions.map(operation),
    };
}

/** The plugin's own custom fields by the names that backshop knows, null where they are not set;
 * others stay in the shop. */
function picked(fields: unknown, names: FieldNames, wanted: FieldName[]): Json {
    const all = (fields ?? {}) as Json;
    return Object.fromEntries(wanted.map(name => [name, orNull(all[names[name]])]));
}
