"""Alarms to other systems: signed, in order, retried until they arrive, and never in the way of a control loop.

A message is on disk within milliseconds of ``send`` and leaves it only when the receiver has said yes.
"""

from rudel.recording.webhooks.message import Message, alarm_of
from rudel.recording.webhooks.post import Limits
from rudel.recording.webhooks.queue import Queue, SetAside
from rudel.recording.webhooks.retry import Retries
from rudel.recording.webhooks.signing import Secret, sign, verify
from rudel.recording.webhooks.webhook import Webhook

__all__ = ["Limits", "Message", "Queue", "Retries", "Secret", "SetAside", "Webhook", "alarm_of", "sign", "verify"]
