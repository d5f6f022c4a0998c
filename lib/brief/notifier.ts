/** What one person is told on one channel. Links in it are theirs alone. */
export type Message = {
  readonly personId: string;
  readonly holdId: string | null;
  /** Why it was sent: `opened`, `reminder`, … */
  readonly kind: string;
  /** One line of fewer than 100 printable ASCII characters. */
  readonly subject: string;
  readonly email: string;
  /** One SMS part (160 GSM or 70 other characters); null when nothing goes by SMS. */
  readonly sms: string | null;
};

/** Whether the message left for an address that the person confirmed. */
export type Reached = { readonly email: boolean; readonly sms: boolean };

/** Sends messages so that each person receives only their own. */
export interface Notifier {
  /** Throws when nothing could be sent; the same message may then be sent again. */
  send(message: Message): Promise<Reached>;
}
