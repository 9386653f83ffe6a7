"""Deals: the list, the board, one deal, and what it waits for."""

from engine.queries.deal_board import Board, BoardColumn, board
from engine.queries.deal_history import HistoryRow, deal_history
from engine.queries.deal_list import DealSort, deals
from engine.queries.deal_rows import DealRow
from engine.queries.deal_view import ClientSummary, DealView, FieldValue, PassageState, StagePassage, deal_view
from engine.queries.deal_waiting import DealWaiting, Standing, WaitingFor, WaitingKind, deal_waiting
from engine.queries.walked_path import WalkedPath, walked_path

__all__ = [
    "Board",
    "BoardColumn",
    "ClientSummary",
    "DealRow",
    "DealSort",
    "DealView",
    "DealWaiting",
    "FieldValue",
    "HistoryRow",
    "PassageState",
    "StagePassage",
    "Standing",
    "WaitingFor",
    "WaitingKind",
    "WalkedPath",
    "board",
    "deal_history",
    "deal_view",
    "deal_waiting",
    "deals",
    "walked_path",
]
