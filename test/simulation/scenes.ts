import type { Happening } from './happenings.ts';

/** What a run is about: what can happen in it and how often, by weight. A seed plays one of them. */
export type Scene = { readonly [name in Happening]?: number };

/** What goes on in every run: reports, releases, deliveries, the sweep and time. */
const daily: Scene = {
  'a finding': 2,
  'a finding taken in at once': 3,
  'a closing': 2,
  'a fix of everything': 4,
  'intake takes in': 9,
  'a release': 2,
  'a fixed release': 4,
  'a release moves': 7,
  'a sweep': 2,
  'a minute': 3,
};

/** Holds come and go by evidence. */
const mending: Scene = { ...daily, 'a scan': 2, 'a workflow ends': 0.3, 'a redeployment': 0.3, 'a suppression': 0.5 };

/** Release follows release: another one waits than the one that was looked at. */
const superseding: Scene = {
  ...mending,
  'a finding': 0.5,
  'a fix of everything': 6,
  'a release': 10,
  'a fixed release': 8,
  'a release moves': 3,
};

/** People in the console, and deployments, switch transitions and bring releases in. */
const console: Scene = {
  ...daily,
  'a disable by a person': 2,
  'an enable by a person': 2,
  'a stack update': 1,
  'an override in the console': 3,
  'a retry in the console': 5,
  'a rollback in the console': 3,
};

/** People decide. */
const voting: Scene = {
  ...daily,
  'a vote by link': 12,
  'a vote of a signed-in person': 3,
  'an agreement': 10,
  'a fix of everything': 0.5,
  'a release': 0.7,
  'a fixed release': 0.7,
  'an order to halt': 1.5,
  'a change of the policy': 0.7,
};

/** The flaw is in what has entered, and people take it out. */
const goingBack: Scene = {
  ...daily,
  'a vote by link': 6,
  'an agreement': 20,
  'a release moves': 12,
  'a sweep': 6,
  'an enable by a person': 1,
  'a fix of everything': 0.5,
  'a release': 0.7,
  'a fixed release': 0.7,
};

/** Waivers end, reminders and deadlines come. */
const lapsing: Scene = {
  ...daily,
  'a vote by link': 4,
  'an agreement': 20,
  'a fix of everything': 0.5,
  hours: 2,
  'a release': 0.7,
  'a fixed release': 0.7,
  'an order to halt': 1,
};

const everything: Scene = {
  ...console,
  'a suppression': 1,
  'an order to halt': 0.5,
  'an image deleted': 1,
  'a scan': 2,
  'an unreadable record': 1,
  'a vote by link': 4,
  'a vote of a signed-in person': 2,
  'an agreement': 6,
  'two sweeps at once': 1,
  'a workflow ends': 0.5,
  'a redeployment': 0.5,
  'a change of the policy': 0.5,
  hours: 0.4,
};

/** The scenes by turns; where nobody votes a run is a third as long, so those come more often. */
const scenes = [mending, voting, console, superseding, everything, goingBack, superseding, lapsing, console];

/** The scene of a seed. */
export function sceneOf(seed: number): Scene {
  return scenes[seed % scenes.length] ?? daily;
}

/** Whether people vote in a scene. */
export function isVoted(scene: Scene): boolean {
  return scene['a vote by link'] !== undefined;
}
