/** Grafana's math expressions over reduced values, as far as rules of Lagline use them: one number per name. */

/** From loosest to tightest, as in Grafana's parser. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", ">=", "<=", ">", "<"],
  ["+", "-"],
  ["*", "/"],
];
const TOKEN = /\s*(\d+(?:\.\d+)?|\$\w+|\|\||&&|[=!<>]=|[-+*/<>!()])/y;

/** Value of an expression such as `$V == 8 || $V >= 10`; true is 1. Throws on anything that is not understood. */
export function evaluateMath(expression: string, values: ReadonlyMap<string, number>): number {
  const tokens = tokensOf(expression);
  let at = 0;

  const operand = (): number => {
    const token = tokens[at++] ?? "";
    if (token === "!") return operand() === 0 ? 1 : 0;
    if (token === "-") return -operand();
    if (token === "(") {
      const inner = level(0);
      if (tokens[at++] !== ")") throw new Error(`A parenthesis is not closed: ${expression}`);
      return inner;
    }
    const value = token.startsWith("$") ? values.get(token.slice(1)) : Number(token || "-");
    if (value === undefined || Number.isNaN(value)) throw new Error(`Not a value: ${token} in ${expression}`);
    return value;
  };
  const level = (depth: number): number => {
    const operators = LEVELS[depth];
    if (operators === undefined) return operand();
    let left = level(depth + 1);
    while (operators.includes(tokens[at] ?? "")) {
      const operator = tokens[at++] ?? "";
      left = apply(operator, left, level(depth + 1));
    }
    return left;
  };

  const result = level(0);
  if (at !== tokens.length) throw new Error(`Not understood from ${tokens[at]} on: ${expression}`);
  return result;
}

function tokensOf(expression: string): readonly string[] {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < expression.trimEnd().length) {
    const token = pattern.exec(expression)?.[1];
    if (token === undefined) throw new Error(`Not an expression: ${expression}`);
    tokens.push(token);
  }
  return tokens;
}

function apply(operator: string, a: number, b: number): number {
  switch (operator) {
    case "||":
      return a !== 0 || b !== 0 ? 1 : 0;
    case "&&":
      return a !== 0 && b !== 0 ? 1 : 0;
    case "==":
      return a === b ? 1 : 0;
    case "!=":
      return a === b ? 0 : 1;
    case ">=":
      return a >= b ? 1 : 0;
    case "<=":
      return a <= b ? 1 : 0;
    case ">":
      return a > b ? 1 : 0;
    case "<":
      return a < b ? 1 : 0;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    default:
      return a / b;
  }
}
