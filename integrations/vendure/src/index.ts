export { BackshopPlugin } from './plugin';
export type { BackshopOptions, FixedWebhook } from './options';
export { deliveryBackoff } from './delivery';
export { sign } from './signing';
