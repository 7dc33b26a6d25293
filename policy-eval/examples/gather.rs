//! Prints what the running system adds to a request, and the parts that are judged with it.
//!
//! ```sh
//! cargo run -p policy-eval --features gather --example gather -- write src/link/../x
//! cargo run -p policy-eval --features gather --example gather -- run 'cat link/x > out'
//! cargo run -p policy-eval --features gather --example gather -- connect localhost
//! ```

use policy_eval::gather::{Gatherer, system_addresses};
use policy_eval::{Action, Request, canon, describe};

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(action), Some(object), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: gather ACTION OBJECT, with read, write, delete, run or connect");
        std::process::exit(2);
    };
    let request = match Action::from_name(&action) {
        Some(Action::Run) => Request::shell(&object),
        Some(Action::Connect) => Request::connect(&object, 443),
        Some(action) => Request { path: Some(&object), ..Request::new(action) },
        None => {
            eprintln!("unknown action `{action}`");
            std::process::exit(2);
        }
    };

    // Once, when the session starts.
    let gatherer = Gatherer::new().current_folder().home().addresses(&system_addresses);
    // As late as possible before the action.
    let gathered = gatherer.gather(&request);

    for (from, to) in gathered.links() {
        println!("link     {from} -> {to}");
    }
    for address in gathered.addresses() {
        println!("address  {address}");
    }
    for unread in gathered.unread() {
        println!("{unread}");
    }
    gathered.with_request(&request, |request| {
        canon::parts(request, &mut |judged| {
            let floors: Vec<_> = judged.part.floors.iter().map(|floor| floor.name()).collect();
            println!("judged   {} {}", describe(judged.part), floors.join(" "));
        });
    });
}
