"""Contracts within contracts: a tree of holders of budgets, and who bears each pound of variance."""

#: The sheet of the book on which the tree is worked out.
SHEET = "Calc 4 Holders"
#: A holder of a budget, its parent in the tree, a service, and the tier of a holder: 1 for the root, 2 for those it contracts with.
HOLDER, PARENT, SERVICE, TIER = "holder", "parent_holder", "holder_service", "contract_tier"
#: The tier of those that a holder contracts with.
TIER_BELOW = "contract_tier_below"
#: What stands in the place of the parent of a root.
NO_PARENT = "no_parent"


def tier_id(number: int) -> str:
    """What a tier is called in keys.

    >>> tier_id(2)
    'contract_tier_2'
    """
    return f"contract_tier_{number}"
