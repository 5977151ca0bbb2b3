def handler(context, event):
    """Greets whoever the body names."""
    name = event.text().strip() or 'world'
    context.logger.info_with('Greeting', name=name)
    return {'hello': name}
