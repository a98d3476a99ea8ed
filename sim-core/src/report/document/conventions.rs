//! What was assumed, as far as a model has to do with it.

use crate::spec::Spec;

/// The conventions of `ARCHITECTURE.md` that matter to a model.
pub fn conventions(spec: &Spec) -> Vec<&'static str> {
    let has_timeouts = spec.clients.values().any(|client| client.timeout.is_some());
    let has_users = spec.clients.values().any(|client| client.users.is_some());
    let says = [
        (
            true,
            "Latencies are of requests answered well, as clients feel them, with their own way to the system; errors \
                are counted beside them.",
        ),
        (true, "All designs see the same requests at the same times with the same demands."),
        (
            true,
            "Intervals cover 95 % and come from independent replications; where a run is too short for one, no number is \
                told.",
        ),
        (
            true,
            "A request that is refused is an error at once; its reply still crosses the network.",
        ),
        (
            true,
            "An arrival and a departure at the same instant happen in the order in which they were scheduled.",
        ),
        (
            has_timeouts,
            "A client that times out sees an error at its deadline; the servers finish what they began.",
        ),
        (
            has_users,
            "Users wait for an answer and think before the next request, so a slow system is asked less.",
        ),
        (
            !spec.caches.is_empty(),
            "Caches hold real contents; a hit does not renew an entry's time to live unless it slides.",
        ),
        (
            !spec.queues.is_empty(),
            "A message is taken again when its visibility ends, whether or not its first delivery still \
                                   runs.",
        ),
        (
            !spec.guards.is_empty(),
            "An attempt whose time is over runs on unless it is cancelled, and losing hedges are \
                                   cancelled unless they run on.",
        ),
        (
            !spec.faults.is_empty(),
            "What a crashed replica was working on fails at once, unless it is resumed.",
        ),
        (
            !spec.regions.is_empty(),
            "Distances between regions are round trips halved, drawn for each message.",
        ),
        (
            spec.prices.is_some(),
            "The bill is of a month of 730 hours that goes on as measured; what a client causes of a \
                                 machine's price is its share of the service asked of it. Prices are those of the file, \
                                 not today's.",
        ),
    ];
    says.into_iter().filter(|(matters, _)| *matters).map(|(_, says)| says).collect()
}
