/** What every word of stopship means, in the order in which a finding meets them. `docs/words.md` says the same. */
export const glossary: readonly { readonly word: string; readonly meaning: string }[] = [
  { word: 'finding', meaning: 'One report by a scanner that one resource has one weakness.' },
  {
    word: 'dialect',
    meaning: 'The shape in which a finding arrives: Inspector, Security Hub (ASFF or OCSF) or an ECR scan.',
  },
  {
    word: 'kind',
    meaning:
      'What a finding is about: a package, code, the network, a container image, a configuration (posture) or an attack (threat).',
  },
  {
    word: 'vulnerability',
    meaning: 'The weakness itself: a CVE (its public number) or the detector’s own name for it.',
  },
  { word: 'problem', meaning: 'What one fix would mend on one stage. Several findings may be one problem.' },
  {
    word: 'service',
    meaning: 'What is released, through which pipeline, how exposed, with which data, owned by whom.',
  },
  {
    word: 'stage',
    meaning:
      'A step of a pipeline that stopship can halt. It switches the transition into it; the first stage has none.',
  },
  { word: 'release', meaning: 'One run of a pipeline and what it would put into a stage: commit, image, author.' },
  {
    word: 'assessment',
    meaning: 'The risk of a finding in a service: every factor with its source, and what is not known.',
  },
  {
    word: 'verdict',
    meaning: 'Pass (nothing), watch (told in the daily summary) or halt, with the rules that made it.',
  },
  { word: 'hold', meaning: 'One problem halting one stage, from opening to closing.' },
  {
    word: 'in force',
    meaning:
      'A read after the halt has shown the stage stopped. Until then the hold is pending and every page says NOT HALTED.',
  },
  { word: 'revision', meaning: 'A number that rises when the facts of a hold change. A vote is for one revision.' },
  {
    word: 'stakeholder',
    meaning: 'A person with a role: security, release manager, developer, product, executive or risk owner.',
  },
  { word: 'brief', meaning: 'What one stakeholder is told, written for the role.' },
  { word: 'vote', meaning: 'One person’s part in a decision.' },
  { word: 'quorum', meaning: 'Whom a decision needs before it stands.' },
  {
    word: 'decision',
    meaning:
      'What a hold receives: fix approved, workaround, risk accepted, roll back, more time, keep halted, a dispute and its answer, a new rating or a new plan.',
  },
  { word: 'link', meaning: 'The address through which one person decides once on one revision of one hold.' },
  { word: 'evidence', meaning: 'A verified observation that a problem is gone from what is about to be released.' },
  {
    word: 'waiver',
    meaning: 'Leave for a named release or vulnerability to pass, with a scope, a reason, names and an end.',
  },
  { word: 'obligation', meaning: 'A date set by a standard, not by us.' },
  { word: 'summary', meaning: 'The daily mail: what is watched and what ends soon.' },
  {
    word: 'review record',
    meaning: 'What is kept of a hold for ever: timeline, severities, decisions, durations, lessons.',
  },
  { word: 'ledger', meaning: 'The one place of truth. Pipelines and mail are made to agree with it.' },
  {
    word: 'CVE',
    meaning: 'Common Vulnerabilities and Exposures: the public list of weaknesses. A CVE number names one of them.',
  },
  {
    word: 'CVSS',
    meaning:
      'Common Vulnerability Scoring System: how bad a weakness is by itself, 0 to 10. Critical begins at 9.0, High at 7.0. Its vector is the short form of the answers behind the number.',
  },
  {
    word: 'EPSS',
    meaning:
      'Exploit Prediction Scoring System: the chance that a vulnerability is exploited somewhere within 30 days.',
  },
  {
    word: 'KEV',
    meaning: 'Known Exploited Vulnerabilities: the catalogue of them that CISA keeps.',
  },
  {
    word: 'SSVC',
    meaning:
      'Stakeholder-Specific Vulnerability Categorization: a decision tree that says how soon to act: defer, scheduled, out-of-cycle or immediate.',
  },
  { word: 'CISA', meaning: 'Cybersecurity and Infrastructure Security Agency: the American agency for it.' },
  {
    word: 'BOD',
    meaning:
      'Binding Operational Directive: an order of CISA to American federal agencies. BOD 26-04 sets dates for mending.',
  },
  {
    word: 'PCI DSS',
    meaning: 'Payment Card Industry Data Security Standard: the rules for who handles payment cards.',
  },
];
