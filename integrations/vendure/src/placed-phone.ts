import { Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Customer, EventBus, OrderPlacedEvent, TransactionalConnection } from '@vendure/core';

import { setOrderFields } from './delivery-status';
import { BACKSHOP_OPTIONS, ResolvedOptions } from './options';

/**
 * Keeps the customer's phone with the order at the moment it is placed. Whoever checks out as a guest
 * with the same e-mail address later overwrites the customer's, and no event of Vendure tells the
 * former one any more.
 */
@Injectable()
export class PlacedPhone implements OnApplicationBootstrap {
    constructor(
        private events: EventBus,
        private connection: TransactionalConnection,
        @Inject(BACKSHOP_OPTIONS) private options: ResolvedOptions,
    ) {}

    onApplicationBootstrap(): void {
        this.events.registerBlockingEventHandler({
            id: 'backshop-placed-phone',
            event: OrderPlacedEvent,
            handler: event => this.keep(event),
        });
    }

    /** In the transaction that places the order. The order in memory is changed as well, because
     * Vendure saves it once more after this. */
    private async keep({ ctx, order }: OrderPlacedEvent): Promise<void> {
        const phone = order.customer && (await this.phoneOf(ctx, order.customer));
        if (!phone) {
            return;
        }
        const fields = (order.customFields ?? {}) as Record<string, unknown>;
        fields[this.options.fieldNames.placedPhone] = phone;
        order.customFields = fields as typeof order.customFields;
        await setOrderFields(this.connection, ctx, order.id, { placedPhone: phone }, this.options);
    }

    private async phoneOf(ctx: OrderPlacedEvent['ctx'], customer: Customer): Promise<string> {
        const now = await this.connection.getRepository(ctx, Customer).findOneBy({ id: customer.id });
        return (now ?? customer).phoneNumber ?? '';
    }
}
