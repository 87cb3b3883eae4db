import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';

import {
    DefaultLogger,
    JobQueueService,
    LogLevel,
    bootstrap,
    dummyPaymentHandler,
} from '@vendure/core';
import { InMemoryJobQueueStrategy } from '@vendure/core/dist/job-queue/in-memory-job-queue-strategy';

import { BackshopPlugin } from '../src';
import { packageFile } from '../src/custom-fields';
import { sign } from '../src/signing';

/*
 * A real Vendure with the plugin, its database in memory: what the plugin tells is what the Admin
 * API answers, and `updatedAt` moves when the contracts say so.
 */

interface Received {
    event: string;
    delivery: string;
    timestamp: string;
    signature: string;
    body: string;
}

const PORT = 3979;
process.env.VENDURE_DISABLE_TELEMETRY = 'true';
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

let app: Awaited<ReturnType<typeof bootstrap>>;
let token = '';
const received: Received[] = [];
let refusals = 0;

const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', part => (body += part));
    request.on('end', () => {
        received.push({
            event: String(request.headers['x-vendure-event']),
            delivery: String(request.headers['x-vendure-delivery']),
            timestamp: String(request.headers['x-vendure-timestamp']),
            signature: String(request.headers['x-vendure-signature']),
            body,
        });
        response.writeHead(refusals-- > 0 ? 500 : 200).end();
    });
});

async function post(query: string, variables: object = {}): Promise<any> {
    const response = await fetch(`http://127.0.0.1:${PORT}/admin-api`, {
        method: 'POST',
        headers: {
            'Content-Type': 'application/json',
            ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({ query, variables }),
    });
    token = response.headers.get('vendure-auth-token') || token;
    return response.json();
}

async function ask(query: string, variables: object = {}): Promise<any> {
    const answer = await post(query, variables);
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    return answer.data;
}

const en = (name: string, more = '') => `translations:[{languageCode:en,name:"${name}"${more}}]`;
const args = (values: Record<string, string>) =>
    `arguments:[${Object.entries(values)
        .map(([name, value]) => `{name:"${name}",value:"${value}"}`)
        .join(',')}]`;

/** A shop with one product, one customer and a coupon. */
async function furnish(): Promise<void> {
    await ask('mutation{login(username:"superadmin",password:"superadmin"){__typename}}');
    for (const mutation of [
        `createCountry(input:{code:"US",enabled:true,${en('United States')}}){id}`,
        'createZone(input:{name:"Z",memberIds:["1"]}){id}',
        `updateChannel(input:{id:"1",defaultTaxZoneId:"1",defaultShippingZoneId:"1",
            defaultCurrencyCode:USD,availableCurrencyCodes:[USD]}){__typename}`,
        'createTaxCategory(input:{name:"Std",isDefault:true}){id}',
        'createTaxRate(input:{name:"10",enabled:true,value:10,categoryId:"1",zoneId:"1"}){id}',
        `createPaymentMethod(input:{code:"dummy",enabled:true,handler:{code:"dummy-payment-handler",
            ${args({ automaticSettle: 'true' })}},${en('Dummy', ',description:""')}}){id}`,
        `createShippingMethod(input:{code:"std",fulfillmentHandler:"manual-fulfillment",
            checker:{code:"default-shipping-eligibility-checker",${args({ orderMinimum: '0' })}},
            calculator:{code:"default-shipping-calculator",
                ${args({ rate: '500', taxRate: '0', includesTax: 'auto' })}},
            ${en('Std', ',description:""')}}){id}`,
        `createProduct(input:{enabled:true,${en('Mug', ',slug:"mug",description:"d"')}}){id}`,
        `createProductVariants(input:[{productId:"1",sku:"MUG-1",price:1999,taxCategoryId:"1",
            stockOnHand:100,${en('Mug')}}]){id}`,
        `createCustomer(input:{firstName:"Jane",lastName:"Doe",emailAddress:"jane@example.com",
            phoneNumber:"070 000 0001"}){__typename}`,
        `createPromotion(input:{enabled:true,couponCode:"BACK",conditions:[],
            actions:[{code:"order_fixed_discount",${args({ discount: '1000' })}}],
            ${en('Comeback', ',description:""')}}){__typename}`,
    ]) {
        await ask(`mutation{${mutation}}`);
    }
}

/** A draft order with two mugs, made ready to be paid. */
async function draft(): Promise<void> {
    for (const mutation of [
        'createDraftOrder{id}',
        `addItemToDraftOrder(orderId:"1",input:{productVariantId:"1",quantity:2,
            customFields:{patchEnabled:true,printName:"SILVA"}}){__typename}`,
        'setCustomerForDraftOrder(orderId:"1",customerId:"1"){__typename}',
        `setDraftOrderShippingAddress(orderId:"1",input:{fullName:"Jane Doe",streetLine1:"1 Main",
            countryCode:"US"}){id}`,
        'setDraftOrderShippingMethod(orderId:"1",shippingMethodId:"1"){__typename}',
        'applyCouponCodeToDraftOrder(orderId:"1",couponCode:"BACK"){__typename}',
        'transitionOrderToState(id:"1",state:"ArrangingPayment"){__typename}',
    ]) {
        await ask(`mutation{${mutation}}`);
    }
}

async function settled(): Promise<void> {
    let count = -1;
    while (count !== received.length) {
        count = received.length;
        await pause(800);
    }
}

const last = (event: string) => JSON.parse(received.filter(one => one.event === event).pop()!.body);

before(async () => {
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
    app = await bootstrap({
        apiOptions: {
            port: PORT,
            hostname: '127.0.0.1',
            adminApiPath: 'admin-api',
            shopApiPath: 'shop-api',
        },
        authOptions: { tokenMethod: ['bearer'] },
        dbConnectionOptions: { type: 'sqljs', synchronize: true },
        paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
        jobQueueOptions: {
            jobQueueStrategy: new InMemoryJobQueueStrategy({
                pollInterval: 20,
                backoffStrategy: () => 20,
            }),
        },
        logger: new DefaultLogger({ level: LogLevel.Error }),
        plugins: [BackshopPlugin.init({})],
    });
    await app.get(JobQueueService).start();
    await furnish();
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    await ask(
        'mutation($w:[BackshopWebhookInput!]!){setBackshopWebhooks(webhooks:$w){url}}',
        { w: [{ url, secret: 's3cr3t' }] },
    );
});

after(async () => {
    await app.close();
    receiver.closeAllConnections();
    receiver.close();
});

test('a draft says nothing, a placed order does', async () => {
    await draft();
    await settled();
    assert.deepEqual(received.filter(one => one.event.startsWith('order')), []);
    await ask(
        `mutation{addManualPaymentToOrder(input:{orderId:"1",method:"dummy",transactionId:"tx1",
            metadata:{}}){__typename}}`,
    );
    await settled();
    assert.equal(received.filter(one => one.event === 'order.placed').length, 1);
    assert.equal(received.filter(one => one.event === 'customer.updated').length, 1);
    assert.equal(last('order.placed').data.customFields.placedPhone, '070 000 0001');
    assert.deepEqual(last('order.placed').data.lines[0].productVariant.product, {
        id: '1',
        name: 'Mug',
    });
});

test('a refused delivery comes again with the same id and body, newly signed', async () => {
    refusals = 2;
    const start = received.length;
    await ask(
        `mutation{setOrderCustomFields(input:{id:"1",
            customFields:{deliveryStage:"ARRIVED",trackingNumber:"TX9"}}){id}}`,
    );
    await settled();
    const tries = received.slice(start);
    assert.equal(tries.length, 3);
    assert.equal(new Set(tries.map(one => one.delivery + one.body)).size, 1);
    for (const one of received) {
        assert.equal(one.signature, sign('s3cr3t', one.timestamp, one.body));
    }
    const envelope = JSON.parse(tries[0].body);
    assert.deepEqual(Object.keys(envelope), ['deliveryId', 'event', 'createdAt', 'channel', 'data']);
    assert.equal(envelope.deliveryId, tries[0].delivery);
    assert.equal(envelope.channel, '__default_channel__');
});

test('stage and tracking number are set apart from everything else of the order', async () => {
    const start = received.length;
    const set = (input: object) =>
        post(
            `mutation($input:BackshopDeliveryInput!){setBackshopDelivery(input:$input){
                orderId deliveryStage trackingNumber}}`,
            { input },
        );
    const { data } = await set({ orderId: '1', deliveryStage: 'DISPATCHED', trackingNumber: 'TX8' });
    assert.deepEqual(data.setBackshopDelivery, {
        orderId: '1',
        deliveryStage: 'DISPATCHED',
        trackingNumber: 'TX8',
    });
    await settled();
    const told = received.slice(start).map(one => JSON.parse(one.body).data.customFields);
    assert.deepEqual(told.pop(), {
        deliveryStage: 'DISPATCHED',
        trackingNumber: 'TX8',
        placedPhone: '070 000 0001',
    });
    assert.match((await set({ orderId: '1', deliveryStage: 'LOST' })).errors[0].message, /no delivery/);
    assert.match((await set({ orderId: '99' })).errors[0].message, /No Order|no Order/i);
    const named = { orderId: '1', deliveryStage: 'DISPATCHED', trackingNumber: 'TX8' };
    const own = await set({ ...named, fieldNames: ['deliveryStage', 'trackingNumber'] });
    assert.equal(own.data.setBackshopDelivery.deliveryStage, 'DISPATCHED');
    const others = await set({ ...named, fieldNames: ['shippingStep', 'awb'] });
    assert.match(others.errors[0].message, /deliveryStage and trackingNumber here/);
});

test('the phone that an order was placed with stays, whatever becomes of the customer', async () => {
    const phone = () => ask('query{order(id:"1"){customer{phoneNumber} customFields{placedPhone}}}');
    await ask('mutation{updateCustomer(input:{id:"1",phoneNumber:"070 000 0002"}){__typename}}');
    assert.deepEqual((await phone()).order, {
        customer: { phoneNumber: '070 000 0002' },
        customFields: { placedPhone: '070 000 0001' },
    });
    await ask('mutation{updateCustomer(input:{id:"1",phoneNumber:"070 000 0001"}){__typename}}');
});

test('a customer\'s groups and account are told, of which Vendure has other events', async () => {
    const told = async (mutation: string): Promise<any> => {
        const start = received.length;
        await ask(`mutation{${mutation}}`);
        await settled();
        const events = received.slice(start).filter(one => one.event === 'customer.updated');
        return events.length ? JSON.parse(events.pop()!.body).data : undefined;
    };
    const names = (data: any) => data?.groups.map((group: { name: string }) => group.name);
    await ask('mutation{createCustomerGroup(input:{name:"Newsletter"}){id}}');
    const joined = await told('addCustomersToGroup(customerGroupId:"1",customerIds:["1"]){id}');
    assert.deepEqual(names(joined), ['Newsletter']);
    const left = await told('removeCustomersFromGroup(customerGroupId:"1",customerIds:["1"]){id}');
    assert.deepEqual(names(left), []);
    const start = received.length;
    await fetch(`http://127.0.0.1:${PORT}/shop-api`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
            query: `mutation{registerCustomerAccount(input:{emailAddress:"${left.emailAddress}"}){
                __typename}}`,
        }),
    });
    await settled();
    const registered = received.slice(start).filter(one => one.event === 'customer.updated');
    assert.equal(registered.length, 1);
    assert.equal(JSON.parse(registered[0].body).data.user.verified, false);
});

test('a shopper can set none of the order\'s fields', async () => {
    let session = '';
    const shop = async (query: string): Promise<any> => {
        const response = await fetch(`http://127.0.0.1:${PORT}/shop-api`, {
            method: 'POST',
            headers: {
                'Content-Type': 'application/json',
                ...(session ? { Authorization: `Bearer ${session}` } : {}),
            },
            body: JSON.stringify({ query }),
        });
        session = response.headers.get('vendure-auth-token') || session;
        return response.json();
    };
    const added = await shop(
        'mutation{addItemToOrder(productVariantId:"1",quantity:1){...on Order{id}}}',
    );
    const cart = added.data.addItemToOrder.id;
    for (const field of ['trackingNumber:"<script>"', 'deliveryStage:"DELIVERED"', 'placedPhone:"1"']) {
        await shop(`mutation{setOrderCustomFields(input:{customFields:{${field}}}){__typename}}`);
    }
    const { order } = await ask(
        `query{order(id:"${cart}"){customFields{deliveryStage trackingNumber placedPhone}}}`,
    );
    assert.deepEqual(order.customFields, {
        deliveryStage: null,
        trackingNumber: null,
        placedPhone: null,
    });
    assert.ok(!JSON.stringify(await shop('query{activeOrder{customFields}}')).includes('Stage'));
});

test('the stage is one of five', async () => {
    const answer = await post(
        'mutation{setOrderCustomFields(input:{id:"1",customFields:{deliveryStage:"LOST"}}){id}}',
    );
    assert.match(answer.errors[0].message, /Valid options are \['ORDER_CONFIRMED', /);
});

test('what moves updatedAt: custom fields and cancelling, nothing else of an order', async () => {
    const read = async () => {
        const data = await ask(
            `query{order(id:"1"){updatedAt} customer(id:"1"){updatedAt}
                product(id:"1"){updatedAt}}`,
        );
        return `${data.order.updatedAt} ${data.customer.updatedAt} ${data.product.updatedAt}`;
    };
    const state = (name: string) => `transitionOrderToState(id:"1",state:"${name}"){__typename}`;
    const start = await read();
    for (const mutation of [
        state('Modifying'),
        `modifyOrder(input:{dryRun:false,orderId:"1",
            updateShippingAddress:{streetLine1:"2 New",countryCode:"US"}}){__typename}`,
        state('PaymentSettled'),
        `addFulfillmentToOrder(input:{lines:[{orderLineId:"1",quantity:2}],
            handler:{code:"manual-fulfillment",${args({ method: 'x', trackingCode: '1Z' })}}}
            ){__typename}`,
        'transitionFulfillmentToState(id:"1",state:"Shipped"){__typename}',
        `refundOrder(input:{paymentId:"1",amount:750,shipping:0,adjustment:0,lines:[]}
            ){__typename}`,
        'settleRefund(input:{id:"1",transactionId:"r1"}){__typename}',
        'updateProductVariants(input:[{id:"1",price:2500}]){id}',
        `createCustomerAddress(customerId:"1",input:{streetLine1:"1 Main",countryCode:"US"}){id}`,
    ]) {
        await pause(1100); // times have seconds here
        await ask(`mutation{${mutation}}`);
        assert.equal(await read(), start, mutation);
    }
});

test('what events tell is what the Admin API answers', async () => {
    await settled();
    const api = await ask(
        `query{order(id:"1"){...BackshopOrder} customer(id:"1"){...BackshopCustomer}
            product(id:"1"){...BackshopProduct} promotion(id:"1"){...BackshopPromotion}}
        ${readFileSync(packageFile('events.graphql'), 'utf8')}`,
    );
    await ask('mutation{updatePromotion(input:{id:"1",enabled:true}){__typename}}');
    await settled();
    assert.deepEqual(last('order.updated').data, api.order);
    assert.deepEqual(last('customer.updated').data, api.customer);
    assert.deepEqual(last('product.updated').data, api.product);
    assert.deepEqual(Object.keys(last('promotion.updated').data), Object.keys(api.promotion));
});

test('cancelling moves updatedAt and leaves the shipping', async () => {
    const updatedAt = async () => (await ask('query{order(id:"1"){updatedAt}}')).order.updatedAt;
    const before_ = await updatedAt();
    await pause(1100);
    await ask('mutation{cancelOrder(input:{orderId:"1"}){__typename}}');
    assert.notEqual(await updatedAt(), before_);
    const { order } = await ask(
        'query{order(id:"1"){state total lines{quantity orderPlacedQuantity} discounts{amount}}}',
    );
    assert.deepEqual(order, {
        state: 'Cancelled',
        total: 500,
        lines: [{ quantity: 0, orderPlacedQuantity: 2 }],
        discounts: [{ amount: 0 }],
    });
});

test('a channel has a list and records of its own', async () => {
    await ask(
        `mutation{createChannel(input:{code:"jp",token:"jp-token",defaultLanguageCode:en,
            pricesIncludeTax:false,defaultCurrencyCode:JPY,availableCurrencyCodes:[JPY],
            defaultTaxZoneId:"1",defaultShippingZoneId:"1"}){__typename}}`,
    );
    const inChannel = async (query: string, variables: object) => {
        const response = await fetch(`http://127.0.0.1:${PORT}/admin-api`, {
            method: 'POST',
            headers: {
                'Content-Type': 'application/json',
                'vendure-token': 'jp-token',
                Authorization: `Bearer ${token}`,
            },
            body: JSON.stringify({ query, variables }),
        });
        return (await response.json()) as any;
    };
    const set = `mutation($w:[BackshopWebhookInput!]!){
        setBackshopWebhooks(webhooks:$w){url channel}}`;
    const [own] = (await ask('query{backshopWebhooks{url}}')).backshopWebhooks;
    const taken = await inChannel(set, { w: [{ url: own.url, secret: 's3cr3t' }] });
    assert.match(taken.errors[0].message, /gets the channel __default_channel__ already/);
    const url = `${own.url}?jp`;
    const made = await inChannel(set, { w: [{ url, secret: 's3cr3t' }] });
    assert.deepEqual(made.data.setBackshopWebhooks, [{ url, channel: 'jp' }]);
    const start = received.length;
    await ask('mutation{updateProduct(input:{id:"1",enabled:true}){id}}');
    await settled();
    const before_ = received.slice(start).filter(one => one.event === 'product.updated');
    assert.deepEqual(before_.map(one => JSON.parse(one.body).channel), ['__default_channel__']);
    await ask(
        `mutation{assignProductsToChannel(input:{channelId:"2",productIds:["1"],
            priceFactor:100}){id}}`,
    );
    await ask('mutation{updateProduct(input:{id:"1",enabled:true}){id}}');
    await settled();
    const told = received.filter(one => one.event === 'product.updated').slice(-2);
    const currencies = Object.fromEntries(
        told.map(one => JSON.parse(one.body)).map(one => [one.channel, one.data.variants[0].currencyCode]),
    );
    assert.deepEqual(currencies, { __default_channel__: 'USD', jp: 'JPY' });
    const leaving = received.length;
    await ask('mutation{removeProductsFromChannel(input:{channelId:"2",productIds:["1"]}){id}}');
    await settled();
    const gone = received.slice(leaving).filter(one => one.event === 'product.deleted');
    assert.deepEqual(
        gone.map(one => JSON.parse(one.body)).map(one => [one.channel, one.data]),
        [['jp', { id: '1' }]],
    );
    await inChannel(set, { w: [] });
    assert.equal((await ask('query{backshopWebhooks{url}}')).backshopWebhooks.length, 1);
});

test('the list is kept, and a secret is not given back', async () => {
    const { backshopWebhooks } = await ask(
        'query{backshopWebhooks{url events lastDeliveredAt lastError}}',
    );
    assert.equal(backshopWebhooks.length, 1);
    assert.ok(backshopWebhooks[0].lastDeliveredAt);
    const secret = await post('query{backshopWebhooks{secret}}');
    assert.match(secret.errors[0].message, /Cannot query field/);
    const empty = await ask('mutation{setBackshopWebhooks(webhooks:[]){url}}');
    assert.deepEqual(empty.setBackshopWebhooks, []);
});
