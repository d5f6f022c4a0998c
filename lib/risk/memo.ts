/**
 * Remembers what was computed for a key, at most `max` answers, the oldest forgotten first: what arrives from outside cannot
 * make it grow. Answers must depend on nothing but the key.
 */
export function memo<Answer>(max: number): (key: string, compute: () => Answer) => Answer {
  const answers = new Map<string, Answer>();
  return (key, compute) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = compute();
    if (answers.size >= max) {
      const [oldest] = answers.keys();
      if (oldest !== undefined) answers.delete(oldest);
    }
    answers.set(key, answer);
    return answer;
  };
}
