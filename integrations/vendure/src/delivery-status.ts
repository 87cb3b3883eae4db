import { Inject, Injectable } from '@nestjs/common';
import {
    EntityNotFoundError,
    EventBus,
    Order,
    OrderEvent,
    OrderService,
    RequestContext,
    TransactionalConnection,
    UserInputError,
} from '@vendure/core';

import { stages } from './custom-fields';
import { BACKSHOP_OPTIONS, FieldName, ResolvedOptions } from './options';

export interface DeliveryInput {
    orderId: string;
    deliveryStage?: string | null;
    trackingNumber?: string | null;
    fieldNames?: string[] | null;
}

export interface DeliveryState {
    orderId: string;
    deliveryStage: string | null;
    trackingNumber: string | null;
}

/**
 * Writes stage and tracking number of an order, and nothing else of it.
 *
 * Vendure's own `setOrderCustomFields` saves the whole order as it was read: a state transition in
 * between is taken back by it.
 */
@Injectable()
export class DeliveryStatus {
    constructor(
        private connection: TransactionalConnection,
        private orders: OrderService,
        private events: EventBus,
        @Inject(BACKSHOP_OPTIONS) private options: ResolvedOptions,
    ) {}

    /** Throws EntityNotFoundError for an order that is not in the channel, UserInputError for a stage
     * that is none and for fields of other names. */
    async set(ctx: RequestContext, input: DeliveryInput): Promise<DeliveryState> {
        const stage = input.deliveryStage || null;
        if (stage !== null && !stages().includes(stage)) {
            throw new UserInputError(`"${stage}" is no delivery stage: ${stages().join(', ')}`);
        }
        const { deliveryStage, trackingNumber } = this.options.fieldNames;
        const [stageField = deliveryStage, numberField = trackingNumber] = input.fieldNames ?? [];
        if (stageField !== deliveryStage || numberField !== trackingNumber) {
            throw new UserInputError(`the fields are ${deliveryStage} and ${trackingNumber} here`);
        }
        if (!(await this.orders.findOne(ctx, input.orderId, []))) {
            throw new EntityNotFoundError('Order', input.orderId);
        }
        const written = { deliveryStage: stage, trackingNumber: input.trackingNumber || null };
        await setOrderFields(this.connection, ctx, input.orderId, written, this.options);
        const order = await this.connection.getEntityOrThrow(ctx, Order, input.orderId);
        await this.events.publish(new OrderEvent(ctx, order, 'updated'));
        return { orderId: input.orderId, ...written };
    }
}

/** One UPDATE of the plugin's own columns of an order. */
export async function setOrderFields(
    connection: TransactionalConnection,
    ctx: RequestContext,
    orderId: string | number,
    values: Partial<Record<FieldName, string | null>>,
    options: ResolvedOptions,
): Promise<void> {
    const named = Object.entries(values).map(([name, value]) => [
        options.fieldNames[name as FieldName],
        value,
    ]);
    await connection
        .getRepository(ctx, Order)
        .createQueryBuilder()
        .update()
        .set({ customFields: Object.fromEntries(named) })
        .where('id = :id', { id: orderId })
        .execute();
}
