/** The amounts in terms with their places: all have to be in the currency of the bill. */
import type { MoneyJson } from '../money.ts';
import type { Discount, FixedOrShare, Interest, TermName, TermsChange } from './bill-terms.ts';

interface PlacedAmount {
  /** "discount.until.0.amount" */
  readonly at: string;
  readonly amount: MoneyJson;
}

export function amountsIn({ interest, penalty, discount, reduction }: TermsChange): readonly PlacedAmount[] {
  const found: { readonly [name in TermName]: readonly PlacedAmount[] } = {
    interest: interest ? amountsOfInterest(interest) : [],
    penalty: penalty ? amountsOfFixed(penalty) : [],
    discount: discount ? amountsOfDiscount(discount) : [],
    reduction: reduction ? amountsOfFixed(reduction) : [],
  };
  return Object.entries(found).flatMap(([name, amounts]) =>
    amounts.map(({ at, amount }) => ({ at: `${name}.${at}`, amount })),
  );
}

function amountsOfInterest(interest: Interest): readonly PlacedAmount[] {
  switch (interest.is) {
    case 'amountPerDay':
      return [{ at: 'amountPerDay', amount: interest.amount }];
    case 'percentage':
      return [];
  }
}

function amountsOfFixed(term: FixedOrShare): readonly PlacedAmount[] {
  switch (term.is) {
    case 'amount':
      return [{ at: 'amount', amount: term.amount }];
    case 'percentage':
      return [];
  }
}

function amountsOfDiscount(discount: Discount): readonly PlacedAmount[] {
  switch (discount.is) {
    case 'amountPerDay':
      return [{ at: 'amountPerDay', amount: discount.amount }];
    case 'amountUntil':
      return discount.steps.map(({ amount }, index) => ({ at: `until.${index}.amount`, amount }));
    case 'percentageUntil':
    case 'percentagePerDay':
      return [];
  }
}
