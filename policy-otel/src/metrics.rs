//! Metrics: counted from the records, by attributes of which there are few.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram, MeterProvider as _};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use policy_eval::Tier;
use policy_eval::record::{DecisionRecord, Event, Record, Time};

use crate::counts::{Counters, DropReason};
use crate::names;

/// How many asks may wait for their answer; of more the oldest is forgotten, and its answer counts
/// without a rule and a time.
const MOST_WAITING: usize = 4096;

/// The upper ends of the histogram of waiting, in seconds.
const WAITS: [f64; 11] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];

pub(crate) struct Metrics {
    provider: SdkMeterProvider,
    decisions: Counter<u64>,
    approvals: Counter<u64>,
    wait: Histogram<f64>,
    results: Counter<u64>,
    differences: Counter<u64>,
    rules: Rules,
    asks: Asks,
}

impl Metrics {
    pub(crate) fn new(
        exporter: MetricExporter,
        interval: Duration,
        resource: Resource,
        scope: InstrumentationScope,
        counters: Arc<Counters>,
        most_rules: usize,
    ) -> Metrics {
        let reader = PeriodicReader::builder(exporter).with_interval(interval).build();
        let provider =
            SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build();
        let meter = provider.meter_with_scope(scope);
        let counter = |name: &'static str| {
            let about = names::METRICS.iter().find(|metric| metric.name == name);
            meter
                .u64_counter(name)
                .with_description(about.map_or("", |about| about.meaning))
                .build()
        };
        // The provider keeps it.
        let _ = meter
            .u64_observable_counter(names::DROPPED)
            .with_description("Counts records that were dropped")
            .with_callback(move |observer| {
                for reason in DropReason::ALL {
                    for (kind, number) in counters.dropped(reason).filter(|(_, n)| *n != 0) {
                        let (kind, tier) = kind.names();
                        let mut attributes = vec![KeyValue::new(names::DROP_REASON, reason.name())];
                        attributes
                            .extend(kind.map(|kind| KeyValue::new(names::DROPPED_KIND, kind)));
                        attributes.extend(tier.map(|tier| KeyValue::new(names::TIER, tier.name())));
                        observer.observe(number, &attributes);
                    }
                }
            })
            .build();
        Metrics {
            decisions: counter(names::DECISIONS),
            approvals: counter(names::APPROVALS),
            results: counter(names::RESULTS),
            differences: counter(names::DIFFERENCES),
            wait: meter
                .f64_histogram(names::APPROVAL_WAIT)
                .with_description("From an ask to its answer")
                .with_unit("s")
                .with_boundaries(WAITS.to_vec())
                .build(),
            rules: Rules { known: HashSet::new(), most: most_rules },
            asks: Asks::default(),
            provider,
        }
    }

    pub(crate) fn count(&mut self, record: &Record) {
        match &record.event {
            Event::Decision(decision) => {
                let rule = self.rules.label(decision);
                self.decisions.add(
                    1,
                    &[
                        KeyValue::new(names::ACTION, decision.action.name()),
                        KeyValue::new(names::TIER, decision.tier.name()),
                        KeyValue::new(names::RULE, rule.clone()),
                    ],
                );
                if matches!(decision.tier, Tier::Review | Tier::Ask) {
                    self.asks.wait(record, rule);
                }
            }
            Event::Shadow(shadow) => self.differences.add(
                1,
                &[
                    KeyValue::new(names::ENFORCED_TIER, shadow.enforced_tier.name()),
                    KeyValue::new(names::TIER, shadow.decision.tier.name()),
                ],
            ),
            Event::Approval(approval) => {
                let asked = self.asks.answer(record);
                let outcome = KeyValue::new(names::APPROVAL, approval.outcome.name());
                let by = KeyValue::new(names::APPROVAL_BY, approval.by.name());
                let mut attributes = vec![
                    outcome.clone(),
                    by.clone(),
                    KeyValue::new(names::APPROVAL_SCOPE, approval.scope.name()),
                ];
                if let Some((time, rule)) = asked {
                    let nanos = record.time.unix_nanos().saturating_sub(time.unix_nanos());
                    self.wait.record(Duration::from_nanos(nanos).as_secs_f64(), &[outcome, by]);
                    attributes.push(KeyValue::new(names::RULE, rule));
                }
                self.approvals.add(1, &attributes);
            }
            Event::Result(result) => {
                self.results.add(1, &[KeyValue::new(names::RESULT, result.outcome.name())]);
            }
        }
    }

    /// Sends them now. What does not arrive is sent again with the next ones.
    pub(crate) fn flush(&self) {
        let _ = self.provider.force_flush();
    }

    /// Sends them for the last time.
    pub(crate) fn shutdown(&self, limit: Duration) {
        let _ = self.provider.shutdown_with_timeout(limit);
    }
}

/// The names of rules that metrics tell apart.
struct Rules {
    known: HashSet<String>,
    most: usize,
}

impl Rules {
    fn label(&mut self, decision: &DecisionRecord) -> String {
        let Some(rule) = &decision.rule else {
            return if decision.default { "_default" } else { "_floor" }.to_owned();
        };
        let name = policy_eval::safe(&rule.name).into_owned();
        if self.known.contains(&name) {
            return name;
        }
        if self.known.len() < self.most {
            self.known.insert(name.clone());
            return name;
        }
        "_other".to_owned()
    }
}

/// The asks that have no answer yet: when, and by which rule.
#[derive(Default)]
struct Asks {
    open: HashMap<Ask, (Time, String)>,
    order: VecDeque<Ask>,
}

/// What ties an answer to its ask.
type Ask = (Option<String>, Option<String>, String);

impl Asks {
    fn key(record: &Record) -> Ask {
        (record.session.clone(), record.call_id.clone(), record.action_digest.clone())
    }

    fn wait(&mut self, record: &Record, rule: String) {
        let key = Asks::key(record);
        if self.open.insert(key.clone(), (record.time, rule)).is_none() {
            self.order.push_back(key);
        }
        // Answered ones stand in the order too, until they are the oldest.
        while MOST_WAITING < self.order.len() {
            if let Some(oldest) = self.order.pop_front() {
                self.open.remove(&oldest);
            }
        }
    }

    fn answer(&mut self, record: &Record) -> Option<(Time, String)> {
        self.open.remove(&Asks::key(record))
    }
}
