import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, Ctx, Permission, RequestContext, Transaction } from '@vendure/core';

import { DeliveryInput, DeliveryState, DeliveryStatus } from './delivery-status';
import { BackshopWebhook } from './webhook.entity';
import { WebhookInput, WebhooksService } from './webhooks.service';

/** The Admin API of `schema.graphql`. */
@Resolver()
export class BackshopResolver {
    constructor(
        private webhooks: WebhooksService,
        private deliveryStatus: DeliveryStatus,
    ) {}

    @Query()
    @Allow(Permission.ReadSettings)
    backshopWebhooks(@Ctx() ctx: RequestContext): Promise<BackshopWebhook[]> {
        return this.webhooks.list(ctx);
    }

    @Mutation()
    @Transaction()
    @Allow(Permission.UpdateSettings)
    setBackshopWebhooks(
        @Ctx() ctx: RequestContext,
        @Args() args: { webhooks: WebhookInput[] },
    ): Promise<BackshopWebhook[]> {
        return this.webhooks.set(ctx, args.webhooks);
    }

    @Mutation()
    @Transaction()
    @Allow(Permission.UpdateOrder)
    setBackshopDelivery(
        @Ctx() ctx: RequestContext,
        @Args() args: { input: DeliveryInput },
    ): Promise<DeliveryState> {
        return this.deliveryStatus.set(ctx, args.input);
    }
}
