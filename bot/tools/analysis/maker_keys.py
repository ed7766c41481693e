"""The keys of well-known makers that detect-secrets does not know, by their form."""

from __future__ import annotations

import re

MAKER_KEYS = {
    "OpenAI or Anthropic key": re.compile(r"\bsk-(?:proj|ant|svcacct|admin|or)-[\w-]{20,}"),
    "GitHub token": re.compile(r"\bgithub_pat_\w{22,}"),
    "Google API key": re.compile(r"\bAIza[\w-]{35}"),
    "Google access token": re.compile(r"\bya29\.[\w-]{30,}"),
    "Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "webhook secret": re.compile(r"\bwhsec_[A-Za-z0-9+/]{24,}"),
    "Vault token": re.compile(r"\bhv[sb]\.[\w-]{20,}"),
    "Discord webhook": re.compile(r"\bdiscord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{40,}"),
    "Age key": re.compile(r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    "Mailgun key": re.compile(r"\bkey-[a-z0-9]{32}\b"),
    "Shopify token": re.compile(r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    "DigitalOcean token": re.compile(r"\bdo[opr]_v1_[a-f0-9]{64}"),
    "npm token": re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
    "Docker token": re.compile(r"\bdckr_(?:pat|oat)_[\w-]{20,}"),
    "Supabase key": re.compile(r"\bsb(?:p_[a-f0-9]{40}|_secret_[\w-]{20,})"),
    "Linear key": re.compile(r"\blin_(?:api|oauth)_[A-Za-z0-9]{30,}"),
    "Databricks token": re.compile(r"\bdapi[a-f0-9]{32}\b"),
    "Pulumi token": re.compile(r"\bpul-[a-f0-9]{40}\b"),
    "Postman key": re.compile(r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    "Grafana token": re.compile(r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b"),
}
