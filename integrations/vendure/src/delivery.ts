import { randomUUID } from 'crypto';

import { Inject, Injectable, OnModuleInit } from '@nestjs/common';
import {
    ChannelService,
    JobQueue,
    JobQueueService,
    Logger,
    RequestContext,
    RequestContextService,
    idsAreEqual,
} from '@vendure/core';

import { Change, deliveryBody, kindOf } from './events';
import { BACKSHOP_OPTIONS, ResolvedOptions } from './options';
import { Json } from './payload';
import { Records } from './records';
import { headers } from './signing';
import { WebhooksService } from './webhooks.service';

const QUEUE = 'backshop-webhooks';
const LOG = 'Backshop';

/** What waits in the job queue: everything but the secret. */
export interface Job {
    id: string;
    event: string;
    url: string;
    body: string;
}

/** Milliseconds before the next attempt: 2, 4, 8 … seconds, at most an hour. */
export function deliveryBackoff(_queue: string, attempts: number): number {
    return Math.min(2 ** attempts, 3600) * 1000;
}

/** Queues deliveries and posts them. */
@Injectable()
export class Delivery implements OnModuleInit {
    private queue: JobQueue<Job>;

    constructor(
        private jobs: JobQueueService,
        private records: Records,
        private webhooks: WebhooksService,
        private contexts: RequestContextService,
        private channels: ChannelService,
        @Inject(BACKSHOP_OPTIONS) private options: ResolvedOptions,
    ) {}

    async onModuleInit(): Promise<void> {
        this.queue = await this.jobs.createQueue({
            name: QUEUE,
            process: job => this.post(job.data),
        });
    }

    /**
     * Queues a delivery for everybody who wants to hear of the change. The time is taken before the
     * record is read, so whoever keeps the state with the greatest time misses no later change.
     *
     * Each gets the record as their own channel has it, in that channel's language and currency;
     * nobody hears of a record that is not in their channel.
     */
    async tell(ctx: RequestContext, change: Change): Promise<void> {
        const targets = await this.webhooks.targets(ctx, change.event);
        const createdAt = new Date();
        for (const { url, channel } of targets) {
            const data = await this.read(channel, change);
            if (data === undefined) {
                continue;
            }
            const id = randomUUID();
            const body = deliveryBody(id, change, createdAt, channel, { id: change.id, ...data });
            const job = { id, event: change.event, url, body };
            await this.queue.add(job, { retries: this.options.retries });
        }
    }

    /** The record as a channel has it, nothing of one that is gone; undefined where it is not the
     * channel's. */
    private async read(code: string, change: Change): Promise<Json | undefined> {
        const isGone = change.event.endsWith('.deleted');
        if (isGone && change.channelId === undefined) {
            return {};
        }
        const admin = await this.contexts.create({ apiType: 'admin' });
        const channels = await this.channels.findAll(admin);
        const channel = channels.items.find(one => one.code === code);
        if (!channel) {
            return undefined;
        }
        if (change.channelId !== undefined && !idsAreEqual(change.channelId, channel.id)) {
            return undefined;
        }
        if (isGone) {
            return {};
        }
        const ctx = await this.contexts.create({
            apiType: 'admin',
            channelOrToken: channel,
            languageCode: channel.defaultLanguageCode,
        });
        return this.records.read(ctx, kindOf(change.event), change.id);
    }

    /** One attempt. Throws where it was not accepted, so that the queue tries again. */
    private async post(job: Job): Promise<void> {
        const ctx = await this.contexts.create({ apiType: 'admin' });
        const secret = await this.webhooks.secretOf(ctx, job.url);
        if (secret === undefined) {
            Logger.info(`${job.event} ${job.id}: nobody listens any more`, LOG);
            return;
        }
        const problem = await attempt(job, secret, this.options.timeoutMs);
        await this.webhooks.note(ctx, job.url, problem);
        if (problem !== null) {
            throw new Error(`${job.event} ${job.id}: ${problem}`);
        }
    }
}

/** Null where the receiver answered with a 2xx in time, else what happened instead. */
export async function attempt(job: Job, secret: string, timeoutMs: number): Promise<string | null> {
    try {
        const response = await fetch(job.url, {
            method: 'POST',
            headers: headers(secret, job, Date.now()),
            body: job.body,
            redirect: 'manual',
            signal: AbortSignal.timeout(timeoutMs),
        });
        return response.ok ? null : `the receiver answered ${response.status}`;
    } catch (error) {
        return error instanceof Error ? `no answer (${error.name})` : 'no answer';
    }
}
