import { Inject, Injectable } from '@nestjs/common';
import { RequestContext, TransactionalConnection, UserInputError } from '@vendure/core';
import { Repository } from 'typeorm';

import { DEFAULT_CHANNEL, EventName, isEventName, wants } from './events';
import { BACKSHOP_OPTIONS, ResolvedOptions } from './options';
import { BackshopWebhook } from './webhook.entity';

export interface WebhookInput {
    url: string;
    secret?: string | null;
    events?: string[] | null;
}

export interface Target {
    url: string;
    secret: string;
    /** The code of the channel whose records it gets. */
    channel: string;
}

/** The list of subscriptions: those set through the API and those of the server's configuration. */
@Injectable()
export class WebhooksService {
    constructor(
        private connection: TransactionalConnection,
        @Inject(BACKSHOP_OPTIONS) private options: ResolvedOptions,
    ) {}

    /** Those of the request's channel. */
    list(ctx: RequestContext): Promise<BackshopWebhook[]> {
        const where = { channel: ctx.channel.code };
        return this.all(ctx).find({ where, order: { id: 'ASC' } });
    }

    /** Makes the channel's list exactly this. Throws UserInputError for what cannot be a subscription,
     * such as an address that another channel has. */
    async set(ctx: RequestContext, inputs: WebhookInput[]): Promise<BackshopWebhook[]> {
        const repository = this.all(ctx);
        const known = new Map((await this.list(ctx)).map(webhook => [webhook.url, webhook]));
        const wanted = new Map(inputs.map(input => [input.url, input]));
        for (const input of wanted.values()) {
            const secret = input.secret || known.get(input.url)?.secret;
            check(input, secret);
            const other = await repository.findOneBy({ url: input.url });
            if (other && other.channel !== ctx.channel.code) {
                throw new UserInputError(`"${input.url}" gets the channel ${other.channel} already`);
            }
            const channel = ctx.channel.code;
            const webhook = known.get(input.url) ?? new BackshopWebhook({ url: input.url, channel });
            await repository.save(
                Object.assign(webhook, { secret, events: input.events ?? [] }),
            );
        }
        const gone = [...known.values()].filter(webhook => !wanted.has(webhook.url));
        await repository.remove(gone);
        return this.list(ctx);
    }

    /** Who gets this event, in whichever channel. */
    async targets(ctx: RequestContext, event: EventName): Promise<Target[]> {
        return (await this.everybody(ctx)).filter(target => wants(target.events, event));
    }

    /** The secret that signs for this address now; undefined where nobody listens any more. */
    async secretOf(ctx: RequestContext, url: string): Promise<string | undefined> {
        return (await this.everybody(ctx)).find(target => target.url === url)?.secret;
    }

    private async everybody(ctx: RequestContext): Promise<Array<Target & { events?: string[] }>> {
        const fixed = this.options.webhooks.map(one => ({ channel: DEFAULT_CHANNEL, ...one }));
        return [...fixed, ...(await this.all(ctx).find())];
    }

    private all(ctx: RequestContext): Repository<BackshopWebhook> {
        return this.connection.getRepository(ctx, BackshopWebhook);
    }

    async note(ctx: RequestContext, url: string, error: string | null): Promise<void> {
        const change = error === null ? { lastDeliveredAt: new Date(), lastError: null } : { lastError: error };
        await this.all(ctx).update({ url }, change);
    }
}

export function check(input: WebhookInput, secret: string | undefined): void {
    if (!/^https?:\/\//.test(input.url)) {
        throw new UserInputError(`"${input.url}" is not an address: give one with https://`);
    }
    const unknown = (input.events ?? []).filter(name => !isEventName(name));
    if (unknown.length) {
        throw new UserInputError(`There is no event ${unknown.join(', ')}`);
    }
    if (!secret) {
        throw new UserInputError(`A secret is needed for the new address "${input.url}"`);
    }
}
