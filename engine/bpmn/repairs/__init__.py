"""Small named rules that turn a drawn map into one that can be executed, each with what it says about it."""

from engine.bpmn.repairs.order import REPAIRS

__all__ = ["REPAIRS"]
