import { DeepPartial, VendureEntity } from '@vendure/core';
import { Column, Entity } from 'typeorm';

import { DEFAULT_CHANNEL } from './events';

/** A subscription. */
@Entity()
export class BackshopWebhook extends VendureEntity {
    constructor(input?: DeepPartial<BackshopWebhook>) {
        super(input);
    }

    @Column({ unique: true })
    url: string;

    /** The channel it was set in. */
    @Column({ default: DEFAULT_CHANNEL })
    channel: string;

    @Column()
    secret: string;

    @Column('simple-json')
    events: string[];

    @Column({ type: Date, nullable: true })
    lastDeliveredAt: Date | null;

    @Column({ type: 'varchar', nullable: true })
    lastError: string | null;
}
