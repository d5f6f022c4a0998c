import ae from 'ae-cvss-calculator';

/** A usable vector metric by metric, in the words of its specification: `AV:N  Attack Vector: Network`. */
export function vectorInWords(vector: string): readonly string[] {
  const parsed = calculatorOf(vector);
  const metrics = [...parsed.getRegisteredComponents().values()].flat();
  return vector.split('/').flatMap((part) => {
    const [name, value] = part.split(':');
    const metric = metrics.find(({ shortName }) => shortName === name);
    const meaning = metric?.values.find(({ shortName }) => shortName === value);
    if (metric === undefined || meaning === undefined) return [];
    // In v4.0 two metrics are called Confidentiality; which system is meant stands in the category.
    const system = /^\w+ System/.exec(metric.subCategory ?? '')?.[0];
    return [`${part}  ${system === undefined ? '' : `${system}, `}${metric.name}: ${meaning.name}`];
  });
}

function calculatorOf(vector: string) {
  if (vector.startsWith('CVSS:4.0/')) return new ae.Cvss4P0(vector);
  if (vector.startsWith('CVSS:3.1/')) return new ae.Cvss3P1(vector);
  return vector.startsWith('CVSS:3.0/') ? new ae.Cvss3P0(vector) : new ae.Cvss2(vector);
}
