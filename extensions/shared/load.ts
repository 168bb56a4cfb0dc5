import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

import {Refused} from './api';
import type {ProblemBody} from './types';

export type Loaded<T> = {kind: 'loading'} | {kind: 'failed'} | {kind: 'refused'; problem: ProblemBody} | {kind: 'ready'; value: T};

export interface Loading<T> {
  state: Loaded<T>;
  reload: () => void;
  /** Show this instead, as after a change that answered with the new state. */
  show: (value: T) => void;
}

/** Load on first show and whenever `about` changes; an answer to an older question is dropped. */
export function useLoad<T>(fetcher: () => Promise<T>, about: string): Loading<T> {
  const [state, setState] = useState<Loaded<T>>({kind: 'loading'});
  const asked = useRef(0);
  const reload = useCallback(() => {
    const mine = ++asked.current;
    setState({kind: 'loading'});
    fetcher().then(
      (value) => mine === asked.current && setState({kind: 'ready', value}),
      (error: unknown) => mine === asked.current && setState(fault(error)),
    );
  }, [about]);
  useEffect(() => {
    reload();
    return () => void asked.current++;
  }, [reload]);
  const show = useCallback((value: T) => setState({kind: 'ready', value}), []);
  return {state, reload, show};
}

/** A refusal has words; anything else (no network, no JSON) only that it did not work. */
export function fault(error: unknown): {kind: 'failed'} | {kind: 'refused'; problem: ProblemBody} {
  return error instanceof Refused ? {kind: 'refused', problem: error.body} : {kind: 'failed'};
}
