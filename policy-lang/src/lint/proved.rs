//! What findings of proved lints have in common: who decides instead, and the request that shows it.

use policy_eval::Tier;

use super::context::{Context, Sentence};
use crate::diagnostic::Diagnostic;
use crate::diff::shown;
use crate::model::Effect;
use crate::prove::json;
use crate::prove::worth::Instead;

/// Adds who decides where a rule matches in vain.
pub(super) fn with_instead(
    context: &Context<'_>,
    mut finding: Diagnostic,
    instead: &Instead,
) -> Diagnostic {
    for rule in &instead.rules {
        if let Some(other) = context.sentence(*rule) {
            finding = finding.label(other.head(), format!("`{}` is said here", instead.tier));
        }
    }
    let Some(request) = &instead.request else { return finding };
    let what = request.with_request(shown);
    let by = if instead.rules.is_empty() { " by default" } else { "" };
    finding.primary(format!("`{what}` is `{}` anyway{by}", instead.tier)).witness(json(request))
}

/// Whether a rule could take a default away: it is no `allow` or `review`, or its layer may loosen
/// one of its actions.
pub(super) fn may_loosen(context: &Context<'_>, sentence: &Sentence<'_>) -> bool {
    let rule = sentence.rule;
    let loosens = matches!(rule.effect, Effect::Tier(tier, _) if tier < Tier::Ask);
    !loosens || rule.actions.iter().any(|action| context.model.may_loosen(action, rule.layer))
}
