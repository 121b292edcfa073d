"""Flows of money between organisations over some past years: a matrix of payers and providers by year, and what each organisation holds.

A flow is what one organisation pays another for a setting in a year. Payers add up to providers and to settings in every year. An
organisation opens a year with a position, receives, pays, and closes it; organisations outside the map, which bring money in or take it
out, have none. Past years are no years of the model, so they run down the tables. Growth is in `growth`, what a file may say in `read`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.cost_shunting import SHEET

flow = Table("flow", ("payer", "provider", "setting", "period"), "Flows by payer, provider and setting", SHEET)
flow.input("flow_gbp", "GBP", "Flow")

flow_pair = Table("flow_pair", ("payer", "provider", "period"), "Flows by payer and provider", SHEET)

flow_payer = Table("flow_payer", ("payer", "period"), "What each payer pays", SHEET)

flow_provider = Table("flow_provider", ("provider", "period"), "What each provider receives", SHEET)

flow_setting = Table("flow_setting", ("setting", "period"), "Flows by setting", SHEET)

flow_position = Table("flow_position", ("organisation", "period"), "Position of each organisation", SHEET)
flow_position.input("position_opening_gbp", "GBP", "Opening position")
flow_position.input("position_closing_gbp", "GBP", "Closing position")

flow_period = Table("flow_period", ("period",), "All flows of a year", SHEET)

TABLES = (flow, flow_pair, flow_payer, flow_provider, flow_setting, flow_position, flow_period)


@flow_pair.line("GBP", "Paid", all_of_it=total(flow, "flow_gbp", "payer", "provider", "period"))
def pair_gbp(all_of_it: Any) -> Any:
    """What the payer pays the provider in the year, for all settings."""
    return to_pence(all_of_it)


@flow_pair.line("GBP", "Change on the year before", before=prior("pair_gbp", first="pair_gbp", along=("period",)))
def pair_change_gbp(pair_gbp: Any, before: Any) -> Any:
    """What the payer pays the provider more than in the year before; zero in the first year.

    >>> pair_change_gbp(1_050.0, 1_000.0)
    50.0
    """
    return pair_gbp - before


@flow_payer.line("GBP", "Paid", all_of_it=total(flow_pair, "pair_gbp", "payer", "period"))
def paid_gbp(all_of_it: Any) -> Any:
    """What the payer pays to all providers in the year."""
    return to_pence(all_of_it)


@flow_payer.line("GBP", "Change on the year before", before=prior("paid_gbp", first="paid_gbp", along=("period",)))
def paid_change_gbp(paid_gbp: Any, before: Any) -> Any:
    """What the payer pays more than in the year before; zero in the first year."""
    return pair_change_gbp(paid_gbp, before)


@flow_provider.line("GBP", "Received", all_of_it=total(flow_pair, "pair_gbp", "provider", "period"))
def received_gbp(all_of_it: Any) -> Any:
    """What the provider receives from all payers in the year."""
    return to_pence(all_of_it)


@flow_provider.line("GBP", "Change on the year before", before=prior("received_gbp", first="received_gbp", along=("period",)))
def received_change_gbp(received_gbp: Any, before: Any) -> Any:
    """What the provider receives more than in the year before; zero in the first year."""
    return pair_change_gbp(received_gbp, before)


@flow_setting.line("GBP", "Paid for the setting", all_of_it=total(flow, "flow_gbp", "setting", "period"))
def setting_gbp(all_of_it: Any) -> Any:
    """What all payers pay for the setting in the year."""
    return to_pence(all_of_it)


@flow_setting.line("GBP", "Change on the year before", before=prior("setting_gbp", first="setting_gbp", along=("period",)))
def setting_change_gbp(setting_gbp: Any, before: Any) -> Any:
    """What is paid for the setting more than in the year before; zero in the first year."""
    return pair_change_gbp(setting_gbp, before)


@flow_position.line("GBP", "Received", total(flow, "flow_gbp", "period", provider="organisation"))
def position_in_gbp() -> Any:
    """What the organisation receives in the year."""


@flow_position.line("GBP", "Paid", total(flow, "flow_gbp", "period", payer="organisation"))
def position_out_gbp() -> Any:
    """What the organisation pays in the year."""


@flow_position.line("GBP", "Received less paid")
def position_net_gbp(position_in_gbp: Any, position_out_gbp: Any) -> Any:
    """What the year adds to the position of the organisation, or takes from it (minus)."""
    return position_in_gbp - position_out_gbp


@flow_position.line("GBP", "Check: opening, received and paid give the closing position")
def check_position_gbp(position_opening_gbp: Any, position_net_gbp: Any, position_closing_gbp: Any) -> Any:
    """Zero where the position of an organisation foots: opening plus received less paid is closing.

    >>> check_position_gbp(100.0, -40.0, 60.0)
    0.0
    """
    return to_pence(position_opening_gbp + position_net_gbp - position_closing_gbp)


@flow_position.line(
    "GBP",
    "Check: a year opens as the year before closed",
    before=prior("position_closing_gbp", first="position_opening_gbp", along=("period",)),
)
def check_opening_gbp(position_opening_gbp: Any, before: Any) -> Any:
    """Zero where nothing is lost between two years."""
    return to_pence(position_opening_gbp - before)


@flow_period.line("GBP", "All flows", total(flow, "flow_gbp", "period"))
def all_flows_gbp() -> Any:
    """All that is paid in the year."""


@flow_period.line("GBP", "Check: what payers pay is all flows", payers=total(flow_payer, "paid_gbp", "period"))
def check_payers_gbp(all_flows_gbp: Any, payers: Any) -> Any:
    """Zero where the rows of the matrix add up to all flows."""
    return to_pence(all_flows_gbp - payers)


@flow_period.line("GBP", "Check: what providers receive is all flows", providers=total(flow_provider, "received_gbp", "period"))
def check_providers_gbp(all_flows_gbp: Any, providers: Any) -> Any:
    """Zero where the columns of the matrix add up to all flows."""
    return to_pence(all_flows_gbp - providers)


@flow_period.line("GBP", "Check: settings add up to all flows", settings=total(flow_setting, "setting_gbp", "period"))
def check_settings_gbp(all_flows_gbp: Any, settings: Any) -> Any:
    """Zero where every flow belongs to a setting."""
    return to_pence(all_flows_gbp - settings)
