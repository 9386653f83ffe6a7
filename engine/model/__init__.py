"""The tables, one file per noun. Importing this package registers all of them with the metadata."""

from engine.db.job import Job, JobState
from engine.model.api_token import ApiToken
from engine.model.authenticator import Authenticator
from engine.model.calendar import Calendar, CalendarException
from engine.model.call_permit import CallHost, CallSecret
from engine.model.client import Client, Contact
from engine.model.client_import import ClientImport, ClientImportRow, ImportKind, ImportState, RowState
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.client_merge import ClientMerge, NotDouble
from engine.model.client_note import ClientNote
from engine.model.company_revision import CompanyRevision
from engine.model.consultation import Consultation
from engine.model.control_look import ControlLook
from engine.model.deadline_feed import DeadlineFeed
from engine.model.deal import Deal, DealResult
from engine.model.deal_file import DealFile, StoredFile, StoredPiece
from engine.model.deal_import import DealImport, DealImportRow
from engine.model.delegation import Delegation
from engine.model.department import Department, DepartmentTurn, Membership
from engine.model.draft import CommentDraft, Draft
from engine.model.exchange_rate import CompanyCurrency, ExchangeRate, RateSource
from engine.model.forecast_snapshot import ForecastSnapshot
from engine.model.heartbeat import Heartbeat
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistoryCheckpoint, HistoryKey, HistorySignature
from engine.model.incident import Incident, IncidentState
from engine.model.intervention import Intervention, InterventionKind
from engine.model.letter import (
    Channel,
    Letter,
    LetterState,
    MailboxPlace,
    MailLink,
    ProposedDecision,
    ReceivedMail,
)
from engine.model.letter_template import LetterTemplate
from engine.model.linked_account import LinkedAccount
from engine.model.list_choice import ListChoice
from engine.model.loss_reason import LossReason
from engine.model.mail_choice import MailChoice
from engine.model.map_answer import MapAnswer
from engine.model.map_rule import MapRule
from engine.model.mention import Mention
from engine.model.message_subscription import MessageSubscription
from engine.model.notice import Notice, NoticeKind, NoticeState
from engine.model.own_field import FieldSubject, OwnField
from engine.model.password_link import PasswordLink
from engine.model.performed_command import PerformedCommand
from engine.model.person import Person, Role
from engine.model.practice import Practice
from engine.model.process_definition import DefinitionFile, DefinitionState, DiscardedDraft, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.proof_file import ProofFile
from engine.model.provider_proof import ProviderProof
from engine.model.saved_report import ReportKind, SavedReport
from engine.model.service_call import CallState, ServiceCall
from engine.model.sign_in import SignIn, SignInKind, SignInWay
from engine.model.sign_in_rule import SignInRule
from engine.model.stage_total import StageTotal
from engine.model.substitution import Substitution
from engine.model.telegram import TelegramBot, TelegramChat, TelegramCode
from engine.model.timer import Timer
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDeal,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.model.watch import Watch
from engine.model.webhook import Webhook
from engine.model.work_item import WorkItem, WorkItemState
from engine.model.written_text import WrittenText

__all__ = [
    "ApiToken",
    "Authenticator",
    "Calendar",
    "CalendarException",
    "CallHost",
    "CallSecret",
    "CallState",
    "Channel",
    "Client",
    "ClientImport",
    "ClientImportRow",
    "ClientLetter",
    "ClientLetterState",
    "ClientMerge",
    "ClientNote",
    "CommentDraft",
    "CompanyCurrency",
    "CompanyRevision",
    "Consultation",
    "Contact",
    "ControlLook",
    "DeadlineFeed",
    "DeadlinePolicy",
    "Deal",
    "DealFile",
    "DealImport",
    "DealImportRow",
    "DealResult",
    "DefinitionFile",
    "DefinitionState",
    "Delegation",
    "Department",
    "DepartmentTurn",
    "DiscardedDraft",
    "Draft",
    "ExchangeRate",
    "FieldSubject",
    "ForecastSnapshot",
    "Heartbeat",
    "HistoryCheckpoint",
    "HistoryEvent",
    "HistoryKey",
    "HistorySignature",
    "HolderPolicy",
    "ImportKind",
    "ImportState",
    "Incident",
    "IncidentState",
    "InstanceState",
    "Intervention",
    "InterventionKind",
    "Job",
    "JobState",
    "Letter",
    "LetterState",
    "LetterTemplate",
    "LinkedAccount",
    "ListChoice",
    "LossReason",
    "MailChoice",
    "MailLink",
    "MailboxPlace",
    "MapAnswer",
    "MapRule",
    "Membership",
    "Mention",
    "MessageSubscription",
    "MovedDeal",
    "MovedDealState",
    "NotDouble",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "OwnField",
    "PasswordLink",
    "PerformedCommand",
    "Person",
    "Practice",
    "ProcessDefinition",
    "ProcessInstance",
    "ProofFile",
    "ProposedDecision",
    "ProviderProof",
    "RateSource",
    "ReceivedMail",
    "ReportKind",
    "Role",
    "RowState",
    "SavedReport",
    "ServiceCall",
    "SignIn",
    "SignInKind",
    "SignInRule",
    "SignInWay",
    "StageTotal",
    "StoredFile",
    "StoredPiece",
    "Substitution",
    "TelegramBot",
    "TelegramChat",
    "TelegramCode",
    "Timer",
    "VersionMove",
    "VersionMoveState",
    "Watch",
    "Webhook",
    "WorkItem",
    "WorkItemState",
    "WrittenText",
]
