"""When reports have to be handed in: rules as data, deadlines made ahead, drafts, reminders, what is late and what is incomplete."""
