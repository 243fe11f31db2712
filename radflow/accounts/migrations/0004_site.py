import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0001_initial'),
        ('accounts', '0003_language'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='site',
            field=models.ForeignKey(blank=True, help_text='Whose rooms and clock the pages show; empty: all sites.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sites.site'),
        ),
    ]
