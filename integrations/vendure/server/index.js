'use strict';
/*
 * A real Vendure with the built plugin on Postgres, for tests: server and worker in one process, on
 * loopback. Everything is set by environment variables; prints READY when it answers.
 */
const {
    bootstrap,
    DefaultJobQueuePlugin,
    DefaultLogger,
    JobQueueService,
    LanguageCode,
    LogLevel,
    PaymentMethodHandler,
} = require('@vendure/core');

const { BackshopPlugin } = require('../dist');

const env = process.env;
const precision = Number(env.MONEY_PRECISION || 2);

/** Settles at once; `{"authorize": true}` in the metadata leaves the payment authorized. */
const payment = new PaymentMethodHandler({
    code: 'test-payment',
    description: [{ languageCode: LanguageCode.en, value: 'Payment of tests' }],
    args: {},
    createPayment: (_ctx, order, amount, _args, metadata) => ({
        amount,
        state: metadata.authorize ? 'Authorized' : 'Settled',
        transactionId: `${order.code}-${Date.now()}`,
        metadata: {},
    }),
    settlePayment: () => ({ success: true }),
    createRefund: () => ({ state: 'Settled', transactionId: `refund-${Date.now()}` }),
});

const config = {
    logger: new DefaultLogger({ level: LogLevel.Warn }),
    apiOptions: {
        hostname: '127.0.0.1',
        port: Number(env.VENDURE_PORT),
        adminApiPath: 'admin-api',
        shopApiPath: 'shop-api',
        ...(env.LIST_LIMIT ? { adminListQueryLimit: Number(env.LIST_LIMIT) } : {}),
    },
    authOptions: {
        tokenMethod: (env.TOKEN_METHOD || 'bearer,cookie,api-key').split(','),
        cookieOptions: { secret: 'for tests alone' },
        superadminCredentials: { identifier: 'superadmin', password: 'superadmin' },
        requireVerification: false,
    },
    dbConnectionOptions: {
        type: 'postgres',
        host: '127.0.0.1',
        port: Number(env.PG_PORT),
        username: env.PG_USER,
        password: env.PG_PASSWORD,
        database: env.PG_DATABASE,
        synchronize: true,
        logging: false,
    },
    entityOptions: {
        moneyStrategy: {
            moneyColumnOptions: { type: 'int' },
            precision,
            round: (value, quantity = 1) => Math.round(value * quantity),
        },
    },
    paymentOptions: { paymentMethodHandlers: [payment] },
    plugins: [
        DefaultJobQueuePlugin.init({
            pollInterval: 100,
            concurrency: 4,
            backoffStrategy: () => 500,
        }),
        BackshopPlugin.init({}),
    ],
};

bootstrap(config)
    .then(app => app.get(JobQueueService).start())
    .then(() => console.log('READY'))
    .catch(error => {
        console.error(error);
        process.exit(1);
    });

// Ends with whoever started it, also when that one was killed.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
