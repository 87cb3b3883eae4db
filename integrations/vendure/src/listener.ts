import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import {
    AccountRegistrationEvent,
    AccountVerifiedEvent,
    Customer,
    CustomerAddressEvent,
    CustomerEvent,
    CustomerGroupChangeEvent,
    EventBus,
    FulfillmentStateTransitionEvent,
    IdentifierChangeEvent,
    Logger,
    Order,
    OrderEvent,
    OrderLineEvent,
    OrderPlacedEvent,
    OrderStateTransitionEvent,
    PaymentStateTransitionEvent,
    ProductChannelEvent,
    ProductEvent,
    ProductVariantChannelEvent,
    ProductVariantEvent,
    ProductVariantPriceEvent,
    PromotionEvent,
    RefundStateTransitionEvent,
    RequestContext,
    TransactionalConnection,
    Type,
    User,
    VendureEvent,
} from '@vendure/core';

import { Delivery } from './delivery';
import { Change, orderChange } from './events';

type Found = Change | undefined | Array<Change | undefined>;

/** Turns Vendure's own events, which come after the commit, into backshop's. */
@Injectable()
export class Listener implements OnApplicationBootstrap {
    constructor(
        private events: EventBus,
        private delivery: Delivery,
        private connection: TransactionalConnection,
    ) {}

    onApplicationBootstrap(): void {
        this.listenToOrders();
        this.listenToPeople();
        this.listenToCatalogue();
    }

    private listenToOrders(): void {
        this.on(OrderPlacedEvent, event => [
            { event: 'order.placed', id: String(event.order.id) },
            // A guest's second checkout changes the customer, and Vendure publishes no event of that.
            event.order.customer && customerChange(event.order.customer),
        ]);
        this.on(OrderStateTransitionEvent, event => orderChange(event.order));
        this.on(PaymentStateTransitionEvent, event => orderChange(event.order));
        this.on(RefundStateTransitionEvent, event => orderChange(event.order));
        this.on(OrderLineEvent, event => orderChange(event.order));
        this.on(OrderEvent, event =>
            event.type === 'deleted'
                ? { event: 'order.deleted', id: String(event.entity.id) }
                : orderChange(event.entity),
        );
        this.on(FulfillmentStateTransitionEvent, async event =>
            (await this.ordersOf(event)).map(orderChange),
        );
    }

    private listenToPeople(): void {
        this.on(CustomerEvent, event => ({
            event: `customer.${event.type}` as const,
            id: String(event.entity.id),
        }));
        this.on(CustomerAddressEvent, event => {
            const customer = event.entity.customer;
            return customer && customerChange(customer);
        });
        // What Vendure tells of a customer by none of its customer events.
        this.on(CustomerGroupChangeEvent, event => event.customers.map(customerChange));
        this.on(AccountVerifiedEvent, event => customerChange(event.customer));
        this.on(AccountRegistrationEvent, event => this.customerOf(event.ctx, event.user));
        this.on(IdentifierChangeEvent, event => this.customerOf(event.ctx, event.user));
    }

    private listenToCatalogue(): void {
        this.on(ProductEvent, event => ({
            event: `product.${event.type}` as const,
            id: String(event.entity.id),
        }));
        this.on(ProductVariantEvent, event => products(event.entity));
        this.on(ProductVariantPriceEvent, event => products(event.entity.map(one => one.variant)));
        this.on(ProductChannelEvent, event => ({
            event: event.type === 'removed' ? 'product.deleted' : 'product.updated',
            id: String(event.product.id),
            channelId: event.channelId,
        }));
        this.on(ProductVariantChannelEvent, event => products([event.productVariant]));
        this.on(PromotionEvent, event => ({
            event: `promotion.${event.type}` as const,
            id: String(event.entity.id),
        }));
    }

    private on<T extends VendureEvent & { ctx: RequestContext }>(
        type: Type<T>,
        find: (event: T) => Found | Promise<Found>,
    ): void {
        this.events.ofType(type).subscribe(async event => {
            try {
                const found = await find(event);
                for (const change of [found].flat()) {
                    if (change) {
                        await this.delivery.tell(event.ctx, change);
                    }
                }
            } catch (error) {
                // An error here must not end the subscription; backshop's next sync finds the change.
                Logger.error(`an event was not queued: ${String(error)}`, 'Backshop');
            }
        });
    }

    private async customerOf(ctx: RequestContext, user: User): Promise<Change | undefined> {
        const customer = await this.connection
            .getRepository(ctx, Customer)
            .findOneBy({ user: { id: user.id } });
        return customer ? customerChange(customer) : undefined;
    }

    private async ordersOf(event: FulfillmentStateTransitionEvent): Promise<Order[]> {
        return this.connection
            .getRepository(event.ctx, Order)
            .find({ where: { fulfillments: { id: event.fulfillment.id } } });
    }
}

function customerChange(customer: { id: string | number }): Change {
    return { event: 'customer.updated', id: String(customer.id) };
}

/** One change for each product that these variants belong to. */
function products(variants: Array<{ productId?: unknown } | undefined>): Change[] {
    const ids = new Set(variants.map(variant => variant?.productId).filter(id => id != null));
    return [...ids].map(id => ({ event: 'product.updated', id: String(id) }));
}
