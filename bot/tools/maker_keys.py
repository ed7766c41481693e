"""The keys of well-known makers, by their form."""

from __future__ import annotations

import re

# what detect-secrets does not know, for the review of a release
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

# what is masked in all that is told: the letters that each has, and its form. Of a form that others have too, such as
# `key-` and a checksum, none is here.
KEYS = {
    "gh": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}"),
    "github_pat_": MAKER_KEYS["GitHub token"],
    "glpat-": re.compile(r"\bglpat-[\w-]{20,}(?:\.[\w.-]+)?"),
    "xox": re.compile(r"\bxox[abeoprs](?:\.xox[abeoprs])?-[\w-]{10,}"),
    "xapp-": re.compile(r"\bxapp-[\w-]{10,}"),
    "hooks.slack.com/services/": re.compile(r"(?<=hooks\.slack\.com/services/)[\w/]{20,}"),
    "hooks.slack.com/workflows/": re.compile(r"(?<=hooks\.slack\.com/workflows/)[\w/]{20,}"),
    "hooks.slack.com/triggers/": re.compile(r"(?<=hooks\.slack\.com/triggers/)[\w/]{20,}"),
    "/api/webhooks/": MAKER_KEYS["Discord webhook"],
    "sk-": MAKER_KEYS["OpenAI or Anthropic key"],
    "k_live_": re.compile(r"\b[sr]k_live_[A-Za-z0-9]{16,}"),
    "k_test_": re.compile(r"\b[sr]k_test_[A-Za-z0-9]{16,}"),
    "whsec_": MAKER_KEYS["webhook secret"],
    "AKIA": re.compile(r"\bAKIA[A-Z0-9]{16}\b"),
    "ASIA": re.compile(r"\bASIA[A-Z0-9]{16}\b"),
    "AIza": MAKER_KEYS["Google API key"],
    "ya29.": MAKER_KEYS["Google access token"],
    "GOCSPX-": re.compile(r"\bGOCSPX-[\w-]{20,}"),
    "SG.": re.compile(r"\bSG\.[\w-]{16,32}\.[\w-]{16,}"),
    "pypi-": re.compile(r"\bpypi-(?:AgE[\w-]{16,}|[\w-]{60,})"),
    "npm_": MAKER_KEYS["npm token"],
    "dckr_": MAKER_KEYS["Docker token"],
    "hv": MAKER_KEYS["Vault token"],
    "hf_": MAKER_KEYS["Hugging Face token"],
    "AGE-SECRET-KEY-": MAKER_KEYS["Age key"],
    "shp": MAKER_KEYS["Shopify token"],
    "_v1_": MAKER_KEYS["DigitalOcean token"],
    "sb": MAKER_KEYS["Supabase key"],
    "lin_": MAKER_KEYS["Linear key"],
    "dapi": MAKER_KEYS["Databricks token"],
    "pul-": MAKER_KEYS["Pulumi token"],
    "PMAK-": MAKER_KEYS["Postman key"],
    "glsa_": MAKER_KEYS["Grafana token"],
    # a JSON web token; each is searched as far as the next begins, and no farther
    "eyJ": re.compile(r"\beyJ(?:(?!-eyJ)[\w-]){10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "uthorization": re.compile(r"(?<=uthorization: )(?:Basic|Bearer|Token) [\w.~+/-]{6,}=*", re.IGNORECASE),
    "PRIVATE KEY-----": re.compile(r"(?<=PRIVATE KEY-----)[^-]{20,}"),
}
