//! The files that a model refers to.

use super::path::Path;
use super::{
    Arrivals, Cache, Choice, Consumer, Count, Invalidation, Law, Layer, Network, Popularity,
    Purchase, Queue, Spec, Step,
};

impl Spec {
    /// The files that the model refers to, each with the path of its name, in the order of the model.
    pub fn files(&self) -> Vec<(Path, String)> {
        let mut files = Vec::new();
        let root = Path::root();
        for (name, keys) in &self.keys {
            let path = root.key("keys").key(name);
            of_option(&keys.size, &path.key("size"), &mut files);
            if let Popularity::Column { file, .. } = &keys.popularity {
                let at = path.key("popularity").key("column").key("file");
                files.push((at, file.clone()));
            }
        }
        for (name, component) in &self.components {
            for (operation, steps) in component {
                let path = root.key("components").key(name).key(operation);
                of_steps(steps, &path, &mut files);
            }
        }
        for (name, store) in &self.stores {
            for (path, law) in store.laws(&root.key("stores").key(name)) {
                of_law(law, &path, &mut files);
            }
        }
        for (name, service) in &self.services {
            let path = root.key("services").key(name);
            of_option(&service.patience, &path.key("patience"), &mut files);
            if let Purchase::Spot { every, lasts } = &service.purchase {
                let path = path.key("purchase").key("spot");
                of_option(every, &path.key("every"), &mut files);
                of_option(lasts, &path.key("lasts"), &mut files);
            }
            if let Some(start_up) = &service.start_up {
                let path = path.key("start_up");
                of_option(&start_up.boot, &path.key("boot"), &mut files);
                of_option(&start_up.image_pull, &path.key("image_pull"), &mut files);
                of_option(&start_up.warm_up, &path.key("warm_up"), &mut files);
            }
            if let Some(front) = &service.front {
                let path = path.key("front");
                of_option(&front.latency, &path.key("latency"), &mut files);
                of_option(&front.work, &path.key("work"), &mut files);
            }
        }
        for (name, queue) in &self.queues {
            of_queue(queue, &root.key("queues").key(name), &mut files);
        }
        for (name, cache) in &self.caches {
            of_cache(cache, &root.key("caches").key(name), &mut files);
        }
        of_network(&self.network, &root.key("network"), &mut files);
        for (name, client) in &self.clients {
            let path = root.key("clients").key(name);
            of_option(&client.think, &path.key("think"), &mut files);
            of_option(&client.hop, &path.key("hop"), &mut files);
            if let Some(arrivals) = &client.arrivals {
                of_arrivals(arrivals, &path.key("arrivals"), &mut files);
            }
        }
        for (index, fault) in self.faults.iter().enumerate() {
            for (path, law) in fault.laws(&root.key("faults").index(index)) {
                of_law(law, &path, &mut files);
            }
        }
        if let Some(book) = self.prices.as_ref().and_then(|prices| prices.book.as_ref()) {
            files.push((root.key("prices").key("book"), book.clone()));
        }
        files
    }
}

type Files = Vec<(Path, String)>;

fn of_queue(queue: &Queue, path: &Path, files: &mut Files) {
    let laws = [("retry_delay", &queue.retry_delay), ("delay", &queue.delay), ("hop", &queue.hop)];
    for (field, law) in laws {
        of_option(law, &path.key(field), files);
    }
    for (consumer, Consumer { receive, .. }) in &queue.consumers {
        of_option(receive, &path.key("consumers").key(consumer).key("receive"), files);
    }
}

fn of_network(network: &Network, path: &Path, files: &mut Files) {
    of_option(&network.hop, &path.key("hop"), files);
    of_option(&network.serialisation, &path.key("serialisation"), files);
    of_option(&network.zones, &path.key("zones"), files);
    for (from, trips) in &network.between {
        for (to, law) in trips {
            of_law(law, &path.key("between").key(from).key(to), files);
        }
    }
    if let Some(tls) = &network.tls {
        of_option(&tls.work, &path.key("tls").key("work"), files);
    }
}

fn of_arrivals(arrivals: &Arrivals, path: &Path, files: &mut Files) {
    match arrivals {
        Arrivals::Renewal(law) => of_law(law, &path.key("renewal"), files),
        Arrivals::Batches(law) => of_law(law, &path.key("batches"), files),
        Arrivals::Schedule { jitter, .. } => {
            of_option(jitter, &path.key("schedule").key("jitter"), files);
        }
        Arrivals::Replay { file, .. } => {
            files.push((path.key("replay").key("file"), file.clone()));
        }
        Arrivals::Poisson | Arrivals::Constant | Arrivals::Mmpp(_) => {}
    }
}

fn of_cache(cache: &Cache, path: &Path, files: &mut Files) {
    let at = path.key("at");
    match &cache.at {
        Layer::Edge { hop } => of_option(hop, &at.key("edge").key("hop"), files),
        Layer::Shared { lookup, fill, hop, .. } => {
            let at = at.key("shared");
            of_law(lookup, &at.key("lookup"), files);
            of_option(fill, &at.key("fill"), files);
            of_option(hop, &at.key("hop"), files);
        }
        Layer::Client { .. } | Layer::Process | Layer::Database => {}
    }
    let at = path.key("invalidation");
    match &cache.invalidation {
        Some(Invalidation::Event { delay }) => {
            of_law(delay, &at.key("event").key("delay"), files);
        }
        Some(Invalidation::Version { check }) => {
            of_option(check, &at.key("version").key("check"), files);
        }
        None => {}
    }
}

fn of_option(law: &Option<Law>, path: &Path, files: &mut Files) {
    if let Some(law) = law {
        of_law(law, path, files);
    }
}

fn of_law(law: &Law, path: &Path, files: &mut Files) {
    match law {
        Law::Column { file, .. } => files.push((path.key("column").key("file"), file.clone())),
        Law::Mixture(parts) => {
            for (i, (_, law)) in parts.iter().enumerate() {
                of_law(law, &path.key("mixture").index(i).index(1), files);
            }
        }
        _ => {}
    }
}

fn of_steps(steps: &[Step], path: &Path, files: &mut Files) {
    for (i, step) in steps.iter().enumerate() {
        let path = path.index(i);
        match step {
            Step::Work(law) => of_law(law, &path.key("work"), files),
            Step::Wait(law) => of_law(law, &path.key("wait"), files),
            Step::Call(_) | Step::Read(_) | Step::Write(_) | Step::Send(_) => {}
            Step::Parallel { branches, first } => {
                let path = Step::branches_path(&path, first.is_some());
                for (i, branch) in branches.iter().enumerate() {
                    of_steps(branch, &path.index(i), files);
                }
            }
            Step::Choose(choices) => {
                for (i, Choice(_, steps)) in choices.iter().enumerate() {
                    of_steps(steps, &path.key("choose").index(i).index(1), files);
                }
            }
            Step::Repeat(count, steps) => {
                let path = path.key("repeat");
                if let Count::Drawn(law) = count {
                    of_law(law, &path.index(0), files);
                }
                of_steps(steps, &path.index(1), files);
            }
        }
    }
}
