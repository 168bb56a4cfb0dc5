import {useState} from 'preact/hooks';

import {decision, readBooking} from './api';
import {host, t} from './host';
import {fault} from './load';
import type {BookingDetail} from './types';

interface Change {
  busy: boolean;
  /** Why it came to nothing, in words. */
  problem: string | undefined;
  /** Something else is decided now: it gets a name of its own. */
  anew: () => void;
  /** Send it under its name, say that it is done, go on with the answer. */
  make: <T>(send: (key: string) => Promise<T>, done: (answer: T) => string, go: (answer: T) => void) => Promise<void>;
}

/** One thing the customer decides. Without an answer the same decision is sent again; a refusal is an answer, the next click a new one. */
export function useChange(refused?: (said: string) => Promise<void>): Change {
  const [key, setKey] = useState(decision);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const anew = () => setKey(decision());

  async function make<T>(send: (key: string) => Promise<T>, done: (answer: T) => string, go: (answer: T) => void) {
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await send(key);
      await host().toast.show(done(answer));
      anew();
      go(answer);
    } catch (error) {
      const found = fault(error);
      if (found.kind === 'failed') return setProblem(t('common.failedText'));
      const said = found.problem.detail ?? '';
      setProblem(said);
      anew();
      await refused?.(said);
    } finally {
      setBusy(false);
    }
  }

  return {busy, problem, anew, make};
}

/** After a refusal: the booking as it is now, to be decided on anew. Where what asked is not `there` any more, its words stay behind. */
export async function lookAgain(ref: string, said: string, there: (now: BookingDetail) => boolean, show: (now: BookingDetail) => void) {
  const now = await readBooking(ref).catch(() => undefined);
  if (!now) return;
  if (!there(now)) await host().toast.show(said);
  show(now);
}
