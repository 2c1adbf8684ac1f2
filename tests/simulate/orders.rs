//! An operator who pauses, stops, resumes and cancels at any moment.

use crate::model::Model;
use adf::decide::operator;
use adf::model::{Change, Order, Ordered, Wish};

/// Gives an order of the operator's choice, as the socket would write it.
pub fn give(model: &mut Model) {
    let tasks: Vec<String> = model
        .ledger
        .world
        .tasks
        .keys()
        .map(|t| t.0.clone())
        .collect();
    let wish = match model.rng.usize(0..6) {
        0 => Wish::Pause,
        1 => Wish::Stop,
        2 | 3 => Wish::Resume,
        _ if tasks.is_empty() => return,
        _ => Wish::Cancel(tasks[model.rng.usize(0..tasks.len())].clone()),
    };
    if let Ok(order) = operator::order(&model.ledger.world, &wish) {
        write(model, order);
    }
}

/// Takes back what holds the factory, so that it can come to rest.
pub fn resume(model: &mut Model) {
    write(model, Order::Resume);
}

fn write(model: &mut Model, order: Order) {
    model.tell(format_args!("the operator orders {order:?}"));
    let (by, at) = ("olga".to_owned(), model.here());
    model.write(vec![Change::Operator(Ordered { order, by, at })]);
}
