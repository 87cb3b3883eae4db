import { Inject, Injectable } from '@nestjs/common';
import { RequestContext, TransactionalConnection, UserInputError } from '@vendure/core';

import { EventName, isEventName, wants } from './events';
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
}

/** The list of subscriptions: those set through the API and those of the server's configuration. */
@Injectable()
export class WebhooksService {
    constructor(
        private connection: TransactionalConnection,
        @Inject(BACKSHOP_OPTIONS) private options: ResolvedOptions,
    ) {}

    list(ctx: RequestContext): Promise<BackshopWebhook[]> {
        return this.connection.getRepository(ctx, BackshopWebhook).find({ order: { id: 'ASC' } });
    }

    /** Makes the list exactly this. Throws UserInputError for what cannot be a subscription. */
    async set(ctx: RequestContext, inputs: WebhookInput[]): Promise<BackshopWebhook[]> {
        const repository = this.connection.getRepository(ctx, BackshopWebhook);
        const known = new Map((await this.list(ctx)).map(webhook => [webhook.url, webhook]));
        const wanted = new Map(inputs.map(input => [input.url, input]));
        for (const input of wanted.values()) {
            const secret = input.secret || known.get(input.url)?.secret;
            check(input, secret);
            const webhook = known.get(input.url) ?? new BackshopWebhook({ url: input.url });
            await repository.save(
                Object.assign(webhook, { secret, events: input.events ?? [] }),
            );
        }
        const gone = [...known.values()].filter(webhook => !wanted.has(webhook.url));
        await repository.remove(gone);
        return this.list(ctx);
    }

    /** Who gets this event. */
    async targets(ctx: RequestContext, event: EventName): Promise<Target[]> {
        const all: Array<Target & { events?: string[] }> = [
            ...this.options.webhooks,
            ...(await this.list(ctx)),
        ];
        return all
            .filter(target => wants(target.events, event))
            .map(({ url, secret }) => ({ url, secret }));
    }

    /** The secret that signs for this address now; undefined where nobody listens any more. */
    async secretOf(ctx: RequestContext, url: string): Promise<string | undefined> {
        const fixed = this.options.webhooks.find(webhook => webhook.url === url);
        return fixed?.secret ?? (await this.list(ctx)).find(one => one.url === url)?.secret;
    }

    async note(ctx: RequestContext, url: string, error: string | null): Promise<void> {
        const change = error === null ? { lastDeliveredAt: new Date(), lastError: null } : { lastError: error };
        await this.connection.getRepository(ctx, BackshopWebhook).update({ url }, change);
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
